package dev.dovetail.ir.model;

import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.tensor.TensorType;
import java.util.SplittableRandom;

/** Tensors that tests begin with. */
public final class Tensors {
    private Tensors() {}

    /** Large enough that every nonlinearity bends, unlike a model's initial weights. */
    public static DoubleTensor normal(TensorType type, double mean, double deviation, SplittableRandom random) {
        DoubleTensor tensor = DoubleTensor.zeros(type);
        for (int i = 0; i < tensor.values().length; i++) {
            tensor.values()[i] = mean + deviation * random.nextGaussian();
        }
        return tensor;
    }

    public static DoubleTensor integers(TensorType type, int bound, SplittableRandom random) {
        DoubleTensor tensor = DoubleTensor.zeros(type);
        for (int i = 0; i < tensor.values().length; i++) {
            tensor.values()[i] = random.nextInt(bound);
        }
        return tensor;
    }

    /** I32 [sequence, batch] counting from {@code first} along the sequence. */
    public static DoubleTensor positions(TensorType type, int first) {
        DoubleTensor tensor = DoubleTensor.zeros(type);
        int batch = (int) type.dims().get(1).bound();
        for (int i = 0; i < tensor.values().length; i++) {
            tensor.values()[i] = first + i / batch;
        }
        return tensor;
    }

    public static double largestDifference(DoubleTensor a, DoubleTensor b) {
        if (a.values().length != b.values().length) {
            throw new IllegalArgumentException(a.type() + " against " + b.type());
        }
        double largest = 0;
        for (int i = 0; i < a.values().length; i++) {
            // NaN must not pass for equal.
            double difference = Math.abs(a.values()[i] - b.values()[i]);
            largest = difference <= largest ? largest : difference;
        }
        return largest;
    }
}
