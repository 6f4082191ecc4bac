package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import java.util.List;

/**
 * Gated linear attention by the delta rule (Yang et al. 2024, arXiv:2412.06464; Qwen3-Next): each head's state forgets by a gate,
 * and a token puts its value in the place of what the state holds for its key. The state is of one size, however long the past.
 */
public final class DeltaBlock implements Block {
    private static final Schema SCHEMA = Schema.of(
            "delta",
            EntrySchema.count("heads", "heads of queries and keys").mandatory(),
            EntrySchema.count("value_heads", "heads of values, which share those of keys; as many unless said"),
            EntrySchema.count("head_dim", "elements of a query or key").mandatory(),
            EntrySchema.count("value_dim", "elements of a value; as of keys unless said"),
            EntrySchema.count("conv", "positions that the convolution before it sees; 4 unless said"),
            EntrySchema.count("chunk", "positions that training takes at once, at most; 64 unless said"));

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        for (String entry : List.of("heads", "value_heads", "head_dim", "value_dim", "conv", "chunk")) {
            if (settings.count(entry).orElse(1L) < 1) {
                throw new BlockException(
                        settings.originOf(entry), "`" + entry + "` is at least 1", "leave it out for the usual size");
            }
        }
        long heads = settings.count("heads").orElseThrow();
        long values = settings.count("value_heads").orElse(heads);
        if (values % heads != 0) {
            throw new BlockException(
                    settings.originOf("value_heads"),
                    values + " heads of values cannot share " + heads + " heads of keys evenly",
                    "each head of keys serves the same number of heads of values");
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        return new GatedDelta(context, settings).expand(x);
    }
}
