package dev.dovetail.ir.reference;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.function.Consumer;

/** Every point of a product of named dims, last dim fastest. */
public record IndexSpace(List<Dim> dims) {

    public static IndexSpace over(List<Dim> dims) {
        return new IndexSpace(List.copyOf(dims));
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

    /** Sees every point as places in the arrays of several tensors; arrays are moved along, not copied. */
    @FunctionalInterface
    public interface PlaceVisitor {
        void visit(int[] places, Point point);
    }

    /** Visits every point with the element's place in each tensor; a tensor broadcasts over the dims it lacks. */
    public void forEachPlace(List<TensorType> tensors, PlaceVisitor visitor) {
        int[][] strides = tensors.stream().map(this::strides).toArray(int[][]::new);
        int[] places = new int[strides.length];
        int[] position = new int[dims.size()];
        Point point = name -> position[indexOf(name)];
        do {
            visitor.visit(places, point);
        } while (advance(position, places, strides));
    }

    /** Moves to the next point and the places with it. */
    private boolean advance(int[] position, int[] places, int[][] strides) {
        for (int d = position.length - 1; d >= 0; d--) {
            boolean wraps = ++position[d] == dims.get(d).bound();
            int distance = wraps ? 1 - position[d] : 1;
            for (int t = 0; t < places.length; t++) {
                places[t] += distance * strides[t][d];
            }
            if (!wraps) {
                return true;
            }
            position[d] = 0;
        }
        return false;
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

    private boolean advance(int[] position) {
        for (int i = position.length - 1; i >= 0; i--) {
            if (++position[i] < dims.get(i).bound()) {
                return true;
            }
            position[i] = 0;
        }
        return false;
    }
}
