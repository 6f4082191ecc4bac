package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;

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

    /** Throws {@link BlockException} where the settings cannot be; called before {@link #expand}. */
    void validate(ModelDefinition model, Settings settings);
}
