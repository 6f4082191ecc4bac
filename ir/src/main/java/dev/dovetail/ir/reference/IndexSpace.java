package dev.dovetail.ir.reference;

import dev.dovetail.ir.tensor.Dim;
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
        Point point = name -> {
            for (int i = 0; i < position.length; i++) {
                if (dims.get(i).name().equals(name)) {
                    return position[i];
                }
            }
            throw new IllegalArgumentException("no dim " + name + " among " + dims);
        };
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
}
