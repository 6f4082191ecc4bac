package dev.dovetail.backends.java;

import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** {@link SquaresProgram} in plain Java, without ranks, kernels or arenas. */
final class SquaresByHand {
    private final double[] a;
    private final double[] b;
    private final double[][] moments;

    SquaresByHand(long seed) {
        a = initial("a", seed);
        b = initial("b", seed);
        moments = new double[4][a.length];
    }

    private static double[] initial(String name, long seed) {
        List<Long> shape = List.of((long) SquaresProgram.SEQUENCE, (long) SquaresProgram.WIDTH);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8L * SquaresProgram.SEQUENCE * SquaresProgram.WIDTH, 64);
            new StateInitializer(seed)
                    .fill(
                            StateShard.whole(name, StateKind.WEIGHT, ElementType.F64, shape, 0, Initial.normal(1)),
                            memory);
            return memory.toArray(ValueLayout.JAVA_DOUBLE);
        }
    }

    /** Mean loss per token of each step, before its update. */
    List<Double> losses(int steps) {
        var losses = new ArrayList<Double>();
        for (int step = 1; step <= steps; step++) {
            losses.add(step(step));
        }
        return losses;
    }

    private double step(int number) {
        double scale = 1.0 / SquaresProgram.SEQUENCE;
        double loss = 0;
        double[] dA = new double[a.length];
        double[] dB = new double[b.length];
        for (int i = 0; i < a.length; i++) {
            double difference = a[i] * a[i] - b[i];
            loss += difference * difference * scale;
            dA[i] = 2 * difference * scale * 2 * a[i];
            dB[i] = -2 * difference * scale;
        }
        update(a, dA, moments[0], moments[1], number);
        update(b, dB, moments[2], moments[3], number);
        return loss;
    }

    private static void update(double[] weight, double[] gradient, double[] mean, double[] square, int step) {
        OptimizerSettings s = SquaresProgram.OPTIMIZER;
        double rate = s.learningRate() * Math.min(1, step / (double) s.warmup());
        for (int i = 0; i < weight.length; i++) {
            mean[i] = s.beta1() * mean[i] + (1 - s.beta1()) * gradient[i];
            square[i] = s.beta2() * square[i] + (1 - s.beta2()) * gradient[i] * gradient[i];
            double m = mean[i] / (1 - Math.pow(s.beta1(), step));
            double v = square[i] / (1 - Math.pow(s.beta2(), step));
            weight[i] -= rate * m / (Math.sqrt(v) + s.epsilon());
        }
    }
}
