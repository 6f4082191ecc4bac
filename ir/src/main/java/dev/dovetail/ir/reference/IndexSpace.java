package dev.dovetail.ir.reference;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.function.Consumer;

/** Every point of a product of named dims, last dim fastest. */
public record IndexSpace(List<Dim> dims) {

    public static IndexSpace over(List<Dim> dims) {
        return new IndexSpace(List.copyOf(dims));
    }

    /** How many points there are. */
    public int size() {
        long size = 1;
        for (Dim dim : dims) {
            size *= dim.bound();
        }
        return Math.toIntExact(size);
    }

    /** A position along each named dim; valid only while the visitor runs. */
    public interface Point {
        int along(String dim);
    }

    /** Visits every point; the same point object is moved along. */
    public void forEach(Consumer<Point> visitor) {
        int[] position = new int[dims.size()];
        Point point = name -> position[indexOf(name)];
        do {
            visitor.accept(point);
        } while (advance(position));
    }

    private boolean advance(int[] position) {
        for (int i = position.length - 1; i >= 0; i--) {
            if (++position[i] < dims.get(i).bound()) {
                return true;
            }
            position[i] = 0;
        }
        return false;
    }

    /**
     * The tensor's element at every point, in order; along dims that it lacks it is repeated. For reading: where the tensor has
     * these dims in this order, it is its own array.
     */
    public double[] spread(DoubleTensor tensor) {
        if (tensor.type().dims().equals(dims)) {
            return tensor.values();
        }
        double[] values = new double[size()];
        spread(tensor.values(), 0, strides(tensor.type()), 0, values, 0);
        return values;
    }

    /** Fills what lies from {@code next} on with all points of dims from {@code d} on; where the next ones go. */
    private int spread(double[] tensor, int place, int[] strides, int d, double[] values, int next) {
        if (d == strides.length) {
            values[next] = tensor[place];
            return next + 1;
        }
        int length = (int) dims.get(d).bound();
        int stride = strides[d];
        if (d < strides.length - 1) {
            int after = next;
            for (int i = 0; i < length; i++) {
                after = spread(tensor, place + i * stride, strides, d + 1, values, after);
            }
            return after;
        }
        for (int i = 0; i < length; i++) {
            values[next + i] = tensor[place + i * stride];
        }
        return next + length;
    }

    /** The opposite: values at every point, as the tensor that has each point's value once, whatever the order of its dims. */
    public DoubleTensor gather(double[] values, TensorType type) {
        var here = new DoubleTensor(new TensorType(type.element(), dims), values);
        return new DoubleTensor(type, over(type.dims()).spread(here));
    }

    /** Where each point lies, in order, among the elements of a tensor of these dims that is stored at other, longer extents. */
    public int[] placesIn(TensorType stored) {
        int[] strides = strides(stored);
        int[] places = {0};
        for (int d = 0; d < strides.length; d++) {
            int length = (int) dims.get(d).bound();
            int[] longer = new int[places.length * length];
            for (int i = 0; i < longer.length; i++) {
                longer[i] = places[i / length] + i % length * strides[d];
            }
            places = longer;
        }
        return places;
    }

    /** How far along a dim each point is. */
    public double[] positions(String dim) {
        Dim along = dims.get(indexOf(dim));
        DoubleTensor counted = DoubleTensor.zeros(TensorType.of(ElementType.F64, along));
        for (int i = 0; i < counted.values().length; i++) {
            counted.values()[i] = i;
        }
        return spread(counted);
    }

    /** How far apart neighbours along each dim of this space lie in a tensor; 0 along dims that it lacks. */
    private int[] strides(TensorType tensor) {
        int[] strides = new int[dims.size()];
        int stride = 1;
        for (Dim dim : tensor.dims().reversed()) {
            strides[indexOf(dim.name())] = stride;
            stride *= (int) dim.bound();
        }
        return strides;
    }

    private int indexOf(String name) {
        for (int i = 0; i < dims.size(); i++) {
            if (dims.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException("no dim " + name + " among " + dims);
    }
}
