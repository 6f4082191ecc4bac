package dev.dovetail.runtime.mesh;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The ranks of a job as a grid of named axes, listed outermost first.
 *
 * <p>The order decides which ranks are neighbours: pipeline, then data, then tensor, so that ranks which talk most (a
 * tensor group) have consecutive numbers. This is the one place where coordinates become rank numbers.
 *
 * @param context neighbours along the data axis that share each sequence; a part of that axis
 */
public record Mesh(List<Extent> extents, int context) {
    /** One axis with its number of coordinates. */
    public record Extent(Axis axis, int size) {
        public Extent {
            if (size < 1) {
                throw new IllegalArgumentException("axis " + axis + " needs at least 1 rank, not " + size);
            }
        }
    }

    public Mesh {
        extents = List.copyOf(extents);
        if (extents.stream().map(Extent::axis).distinct().count() != extents.size()) {
            throw new IllegalArgumentException("an axis occurs twice in " + extents);
        }
        if (extents.stream().anyMatch(e -> e.axis().equals(Axis.WORLD))) {
            throw new IllegalArgumentException("`world` names all ranks and cannot be an axis of the mesh");
        }
        if (extents.stream().anyMatch(e -> e.axis().equals(Axis.CONTEXT))) {
            throw new IllegalArgumentException("`context` is a part of the data axis, not an axis beside it");
        }
        if (context < 1 || sizeOf(extents, Axis.DATA) % context != 0) {
            throw new IllegalArgumentException("context " + context + " does not divide the data axis of " + extents);
        }
    }

    /** A mesh whose ranks have sequences of their own. */
    public Mesh(List<Extent> extents) {
        this(extents, 1);
    }

    /** The usual mesh: pipeline outermost, tensor innermost. */
    public static Mesh of(int pipeline, int data, int tensor) {
        return of(pipeline, data, 1, tensor);
    }

    /** @param replicas copies of the model, each of {@code context} neighbours along the data axis */
    public static Mesh of(int pipeline, int replicas, int context, int tensor) {
        return new Mesh(
                List.of(
                        new Extent(Axis.PIPELINE, pipeline),
                        new Extent(Axis.DATA, Math.multiplyExact(replicas, context)),
                        new Extent(Axis.TENSOR, tensor)),
                context);
    }

    /** Groups of data ranks that each have sequences of their own. */
    public int replicas() {
        return size(Axis.DATA) / context;
    }

    /** Number of ranks. */
    public int size() {
        return extents.stream().mapToInt(Extent::size).reduce(1, Math::multiplyExact);
    }

    /** Ranks along {@code axis}; 1 for an axis that this mesh lacks. */
    public int size(Axis axis) {
        if (axis.equals(Axis.WORLD)) {
            return size();
        }
        return axis.equals(Axis.CONTEXT) ? context : sizeOf(extents, axis);
    }

    private static int sizeOf(List<Extent> extents, Axis axis) {
        return extents.stream()
                .filter(e -> e.axis().equals(axis))
                .mapToInt(Extent::size)
                .findFirst()
                .orElse(1);
    }

    /** How far apart in rank number two neighbours along {@code axis} are. */
    int stride(Axis axis) {
        if (axis.equals(Axis.CONTEXT)) {
            return stride(Axis.DATA);
        }
        int stride = 1;
        for (int i = extents.size() - 1; i >= 0; i--) {
            if (extents.get(i).axis().equals(axis)) {
                return stride;
            }
            stride *= extents.get(i).size();
        }
        return axis.equals(Axis.WORLD) ? 1 : stride;
    }

    public Position position(int rank) {
        return new Position(this, rank);
    }

    /** The rank at these coordinates, one per axis, in the order of {@link #extents}. */
    public int rank(int... coordinates) {
        if (coordinates.length != extents.size()) {
            throw new IllegalArgumentException(coordinates.length + " coordinates for the axes of " + this);
        }
        int rank = 0;
        for (int i = 0; i < coordinates.length; i++) {
            if (coordinates[i] < 0 || coordinates[i] >= extents.get(i).size()) {
                throw new IllegalArgumentException("coordinate " + coordinates[i] + " outside " + extents.get(i));
            }
            rank = rank * extents.get(i).size() + coordinates[i];
        }
        return rank;
    }

    public Stream<Position> positions() {
        return IntStream.range(0, size()).mapToObj(this::position);
    }

    @Override
    public String toString() {
        return extents.stream().map(e -> e.axis() + " " + e.size()).collect(Collectors.joining(", "));
    }
}
