package dev.dovetail.ir.shard;

import dev.dovetail.ir.tensor.TensorType;
import java.util.Optional;
import java.util.Set;

/**
 * Which dims a mesh axis splits.
 *
 * @param axis mesh axis, such as {@code tensor}
 * @param ways ranks along it
 * @param inner dims split wherever an operator has them: parameters are stored split along these
 * @param stream dim of the residual stream that is split between operators (sequence parallelism); empty for none
 * @param ownInputs whether ranks load only their shard of tokens and positions (context and expert parallelism)
 * @param ofAttention dims that attention runs split along although its operands come split along the stream's (Ulysses)
 * @param gathers whether parameters are gathered where they are read and their gradients scattered, so that no operator runs
 *     split along an inner dim
 * @param mirrored whether a shard along the stream's dim is two stretches, the second as far from the end as the first from the
 *     beginning
 */
public record AxisMap(
        String axis,
        int ways,
        Set<String> inner,
        Optional<String> stream,
        boolean ownInputs,
        Set<String> ofAttention,
        boolean gathers,
        boolean mirrored) {

    public AxisMap {
        inner = Set.copyOf(inner);
        ofAttention = Set.copyOf(ofAttention);
    }

    public AxisMap(String axis, int ways, Set<String> inner, Optional<String> stream) {
        this(axis, ways, inner, stream, false, Set.of(), false, false);
    }

    /**
     * Each rank has a stretch of every sequence, or two, and all parameters but those along {@code inner}, of which it
     * has a share.
     *
     * @param ofAttention dims of which each has a share instead while it runs attention; none where it gathers keys and values
     */
    public static AxisMap sharingSequences(
            String axis, int ways, Set<String> inner, String sequence, Set<String> ofAttention, boolean mirrored) {
        return new AxisMap(axis, ways, inner, Optional.of(sequence), true, ofAttention, false, mirrored);
    }

    /** Each rank has sequences of its own and all parameters but those along {@code inner}, of which it has a share. */
    public static AxisMap ownSequences(String axis, int ways, String batch, Set<String> inner, boolean gathers) {
        return new AxisMap(axis, ways, inner, Optional.of(batch), true, Set.of(), gathers, false);
    }

    /** How tokens and positions come. */
    public Placement inputPlacement() {
        return ownInputs ? streamPlacement() : Placement.WHOLE;
    }

    /** How a parameter is stored. */
    public Placement parameter(TensorType type) {
        return type.names().stream()
                .filter(inner::contains)
                .findFirst()
                .<Placement>map(Placement.Split::new)
                .orElse(Placement.WHOLE);
    }

    /** How the residual stream is held between operators and sent between stages. */
    public Placement streamPlacement() {
        return stream.<Placement>map(Placement.Split::new).orElse(Placement.WHOLE);
    }
}
