package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Parameters of one layer that lie together in memory, so that they are reduced, gathered and updated as one flat stretch.
 *
 * <p>Parameters whose gradients are partial sums over the tensor axis come first. Each starts on a cache line; the padding
 * between stays zero.
 *
 * @param suffix distinguishes the blocks of a layer: empty for its own, {@code _tied} for a table shared with another layer,
 *     {@code _experts} for experts that only some of the data ranks have, {@code _frozen} for what does not train
 * @param elements elements of the block with padding; a multiple of the ranks that hold copies
 * @param pendingElements leading elements to be summed over the tensor axis
 */
public record ParameterBlock(String suffix, List<Member> members, long elements, long pendingElements, Copies copies) {

    /**
     * Ranks along an axis that hold copies of the block, or shares of it; gradients are summed over them.
     *
     * @param groups of such ranks, beside one another: between them gradients are summed too
     */
    public record Copies(String axis, int ranks, int groups) {
        Copies(String axis, int ranks) {
            this(axis, ranks, 1);
        }
    }

    static final String OWN = "";
    static final String TIED = "_tied";
    static final String EXPERTS = "_experts";
    static final String FROZEN = "_frozen";

    /** A parameter and where it starts, in elements from the block's start. */
    public record Member(Parameter parameter, TensorType local, long first) {}

    public ParameterBlock {
        members = List.copyOf(members);
    }

    static ParameterBlock of(
            String suffix, List<Parameter> parameters, List<AxisMap> axes, Set<String> pending, Copies copies) {
        var ordered = new ArrayList<Parameter>();
        parameters.stream().filter(p -> pending.contains(p.name())).forEach(ordered::add);
        parameters.stream().filter(p -> !pending.contains(p.name())).forEach(ordered::add);
        var members = new ArrayList<Member>();
        long next = 0;
        long pendingEnd = 0;
        for (Parameter parameter : ordered) {
            TensorType type = parameter.value().type();
            TensorType local = type;
            for (AxisMap axis : axes) {
                local = axis.parameter(local).local(local, axis.ways());
            }
            members.add(new Member(parameter, local, next));
            next += padded(local.elements(), type.element(), 1);
            pendingEnd = pending.contains(parameter.name()) ? next : pendingEnd;
        }
        ElementType element = parameters.getFirst().value().type().element();
        return new ParameterBlock(suffix, members, padded(next, element, copies.ranks()), pendingEnd, copies);
    }

    /** Whole cache lines, and an equal number of them for each rank. */
    private static long padded(long elements, ElementType element, int ranks) {
        long unit = Buffer.ALIGNMENT / Math.min(element.bytes(), ElementType.F32.bytes()) * ranks;
        return Math.ceilDiv(elements, unit) * unit;
    }

    /** Whether the block has gradients and optimizer state. */
    public boolean trains() {
        return !suffix.startsWith(FROZEN);
    }

    /** Whether another layer has the same parameters. */
    public boolean isTied() {
        return suffix.equals(TIED);
    }

    /** Elements of real parameters on this rank, padding left out. */
    public long parameters() {
        return members.stream().mapToLong(m -> m.local().elements()).sum();
    }
}
