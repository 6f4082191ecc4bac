package dev.dovetail.ir.reference;

import dev.dovetail.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/** A tensor of plain doubles, row-major at the bound of every dim; integers are held exactly. */
public record DoubleTensor(TensorType type, double[] values) {

    public DoubleTensor {
        if (values.length != type.elements()) {
            throw new IllegalArgumentException(type + " holds " + type.elements() + " values, got " + values.length);
        }
    }

    public static DoubleTensor zeros(TensorType type) {
        return new DoubleTensor(type, new double[Math.toIntExact(type.elements())]);
    }

    public static DoubleTensor filled(TensorType type, double value) {
        DoubleTensor tensor = zeros(type);
        Arrays.fill(tensor.values, value);
        return tensor;
    }

    /** The element at a point of a larger space; dims the tensor lacks are ignored (broadcast). */
    public double at(IndexSpace.Point point) {
        return values[place(point)];
    }

    public void set(IndexSpace.Point point, double value) {
        values[place(point)] = value;
    }

    public void add(IndexSpace.Point point, double value) {
        values[place(point)] += value;
    }

    /** Where the element of a point lies in {@link #values}. */
    int place(IndexSpace.Point point) {
        int place = 0;
        List<dev.dovetail.ir.tensor.Dim> dims = type.dims();
        for (int i = 0; i < dims.size(); i++) {
            var dim = dims.get(i);
            place = place * (int) dim.bound() + point.along(dim.name());
        }
        return place;
    }
}
