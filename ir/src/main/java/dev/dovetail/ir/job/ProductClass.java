package dev.dovetail.ir.job;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Set;

/** Classes of linear layers, which may each multiply in a format of their own. */
public enum ProductClass {
    /** Routed experts. */
    EXPERTS("routed experts", Names.EXPERTS),
    /** What experts work on where that is narrower than the stream. */
    LATENT("projections to and from what experts work on", Names.EXPERT_WIDTH),
    /** Plain feed-forward layers, and experts that every token passes. */
    MLP("plain feed-forward layers", Names.INNER),
    /** Projections into and out of state space layers. */
    SSM("projections of state spaces", Names.GROUPS, Names.STATE),
    /** Projections into and out of attention. */
    ATTENTION("projections of attention", Names.HEADS, Names.KV_HEADS, Names.Q_LATENT, Names.KV_LATENT),
    OTHER("other layers");

    private final String words;
    private final Set<String> dims;

    ProductClass(String words, String... dims) {
        this.words = words;
        this.dims = Set.of(dims);
    }

    public String words() {
        return words;
    }

    /** By the dims of what is multiplied; the first that has one of its own. */
    public static ProductClass of(List<TensorType> operands) {
        for (ProductClass each : values()) {
            if (each.dims.stream().anyMatch(dim -> operands.stream().anyMatch(type -> type.has(dim)))) {
                return each;
            }
        }
        return OTHER;
    }
}
