package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import java.util.List;

/**
 * A kind of sub-layer: what a spec may say in it, and how it expands into core operators. One file each, and one line in
 * {@link BlockCatalog}.
 */
public interface Block {

    /** The block's name in a spec and the entries it understands. */
    Schema schema();

    /**
     * Emits the sub-layer's operators.
     *
     * @param x the (normalised) input, [sequence, batch, width]
     * @return what is added to the residual stream, [sequence, batch, width]
     */
    Value expand(BlockContext context, Settings settings, Value x);

    /**
     * Emits the sub-layer for two streams that flow beside each other (MM-DiT). Unless it says otherwise each goes its own way,
     * with weights of its own.
     *
     * @param contexts of each stream
     * @param last whether nothing reads the second stream behind this sub-layer
     * @return what is added to each; for the first alone where the sub-layer is the last
     */
    default List<Value> expandJoint(List<BlockContext> contexts, Settings settings, List<Value> streams, boolean last) {
        Value first = expand(contexts.getFirst(), settings, streams.getFirst());
        return last ? List.of(first) : List.of(first, expand(contexts.getLast(), settings, streams.getLast()));
    }

    /** Whether what it gives is the stream itself, with norms of its own, and not what is added to it. */
    default boolean givesStream() {
        return false;
    }

    /** The model as sub-layers behind this one see it: its stream may become wider or longer. */
    default ModelDefinition after(ModelDefinition model, Settings settings) {
        return model;
    }

    /** Throws {@link BlockException} where the settings cannot be; called before {@link #expand}. */
    void validate(ModelDefinition model, Settings settings);
}
