package dev.dovetail.runtime.mesh;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** One rank's place in its mesh. */
public record Position(Mesh mesh, int rank) {
    public Position {
        if (rank < 0 || rank >= mesh.size()) {
            throw new IllegalArgumentException("rank " + rank + " outside a mesh of " + mesh.size());
        }
    }

    /** This rank's coordinate along {@code axis}; 0 for an axis that the mesh lacks. */
    public int coordinate(Axis axis) {
        return rank / mesh.stride(axis) % mesh.size(axis);
    }

    /** Positions of each sequence of {@code length} that this rank has. */
    public Stretches stretches(int length) {
        int coordinate = coordinate(Axis.CONTEXT);
        int count = length / mesh.context();
        if (!mesh.mirrored()) {
            return Stretches.from((long) coordinate * count, count);
        }
        long early = (long) coordinate * count / 2;
        return new Stretches(early, length - early - count / 2, count);
    }

    /** The ranks that differ from this one along {@code axis} alone, in the order of their coordinates. */
    public List<Integer> group(Axis axis) {
        int stride = mesh.stride(axis);
        int first = rank - coordinate(axis) * stride;
        return IntStream.range(0, mesh.size(axis))
                .mapToObj(i -> first + i * stride)
                .toList();
    }

    /** As messages name a rank: {@code rank 3 (pipeline 1, data 0, tensor 1)}; axes of one rank are left out. */
    @Override
    public String toString() {
        String place = mesh.extents().stream()
                .filter(e -> e.size() > 1)
                .map(e -> e.axis() + " " + coordinate(e.axis()))
                .collect(Collectors.joining(", "));
        return "rank " + rank + (place.isEmpty() ? "" : " (" + place + ")");
    }
}
