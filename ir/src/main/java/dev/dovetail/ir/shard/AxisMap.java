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
 */
public record AxisMap(String axis, int ways, Set<String> inner, Optional<String> stream) {

    public AxisMap {
        inner = Set.copyOf(inner);
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
