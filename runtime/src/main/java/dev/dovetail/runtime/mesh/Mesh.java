package dev.dovetail.runtime.mesh;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The ranks of a job as a grid of named axes, listed outermost first.
 *
 * <p>The order decides which ranks are neighbours: pipeline, then data, then tensor, so that ranks which talk most (a
 * tensor group) have consecutive numbers. This is the one place where coordinates become rank numbers.
 *
 * @param parts groups of ranks within an axis, such as neighbours along the data axis that share each sequence
 * @param mirrored whether ranks that share a sequence have an early and a late stretch of it each, not one in their order
 */
public record Mesh(List<Extent> extents, List<Part> parts, boolean mirrored) {
    /** {@code size} of the ranks along {@code of}, each {@code stride} further than the one before. */
    public record Part(Axis axis, Axis of, int stride, int size) {}

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
        parts = List.copyOf(parts);
        for (Part part : parts) {
            if (extents.stream().anyMatch(e -> e.axis().equals(part.axis()))) {
                throw new IllegalArgumentException(
                        "`" + part.axis() + "` is a part of the " + part.of() + " axis, not an axis beside it");
            }
            if (part.size() < 1 || sizeOf(extents, part.of()) % (part.stride() * part.size()) != 0) {
                throw new IllegalArgumentException(part + " does not divide the axes " + extents);
            }
        }
    }

    /** A mesh whose ranks have sequences of their own. */
    public Mesh(List<Extent> extents) {
        this(extents, List.of(), false);
    }

    /** The usual mesh: pipeline outermost, tensor innermost. */
    public static Mesh of(int pipeline, int data, int tensor) {
        return of(pipeline, data, 1, tensor);
    }

    /** @param replicas copies of the model, each of {@code context} neighbours along the data axis */
    public static Mesh of(int pipeline, int replicas, int context, int tensor) {
        return new Mesh(List.of(
                        new Extent(Axis.PIPELINE, pipeline),
                        new Extent(Axis.DATA, Math.multiplyExact(replicas, context)),
                        new Extent(Axis.TENSOR, tensor)))
                .with(new Part(Axis.CONTEXT, Axis.DATA, 1, context));
    }

    /**
     * The same mesh where ranks share the experts of a layer.
     *
     * @param ways neighbours along the data axis that have different experts; where some share sequences, those are among them
     * @param tokens ranks that share an expert and are sent the same tokens
     * @param weights ranks that share an expert and gather its parts
     */
    public Mesh sharingExperts(int ways, int tokens, int weights) {
        int all = ways * tokens * weights;
        int sharing = ways > 1 ? context() : 1;
        return with(new Part(Axis.EXPERT, Axis.DATA, sharing, ways / sharing))
                .with(new Part(Axis.EXPERT_WEIGHTS, Axis.DATA, ways, weights))
                .with(new Part(Axis.EXPERT_TOKENS, Axis.DATA, ways * weights, tokens))
                .with(new Part(Axis.EXPERT_DATA, Axis.DATA, all, size(Axis.DATA) / all));
    }

    /** The same mesh where each {@code group} neighbours along the data axis shard state among themselves. */
    public Mesh shardingIn(int group) {
        return with(new Part(Axis.SHARD, Axis.DATA, 1, group))
                .with(new Part(Axis.SHARD_DATA, Axis.DATA, group, size(Axis.DATA) / group));
    }

    /** The same mesh where ranks that share a sequence have an early and a late stretch of it each. */
    public Mesh mirroring() {
        return new Mesh(extents, parts, true);
    }

    private Mesh with(Part part) {
        var more = new ArrayList<>(parts);
        more.add(part);
        return new Mesh(extents, more, mirrored);
    }

    private Optional<Part> part(Axis axis) {
        return parts.stream().filter(part -> part.axis().equals(axis)).findFirst();
    }

    /** Neighbours along the data axis that share each sequence. */
    public int context() {
        return size(Axis.CONTEXT);
    }

    /** Groups of data ranks that each have sequences of their own. */
    public int replicas() {
        return size(Axis.DATA) / context();
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
        return part(axis).map(Part::size).orElseGet(() -> sizeOf(extents, axis));
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
        Optional<Part> part = part(axis);
        if (part.isPresent()) {
            return part.get().stride() * stride(part.get().of());
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
