package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;

/** A selective state-space model in place of attention: a state of fixed size per channel, however long the past. */
public final class SsmBlock implements Block {

    private static final Schema SCHEMA = Schema.of(
            "ssm",
            EntrySchema.choice("kind", "mamba2 unless said", "mamba1", "mamba2"),
            EntrySchema.count("state", "what each channel remembers").mandatory(),
            EntrySchema.count("inner", "channels; twice the width unless said"),
            EntrySchema.count("conv", "positions that the convolution before it sees; 4 unless said"),
            EntrySchema.choice(
                    "bias",
                    "what has a bias beside the step sizes: the convolution unless said, or all projections too",
                    "none",
                    "conv",
                    "all"),
            EntrySchema.count("head_dim", "mamba2: channels of a head, which share a decay; 64 unless said"),
            EntrySchema.count("groups", "mamba2: groups of heads that share writes and reads; 1 unless said"),
            EntrySchema.count("chunk", "mamba2: positions that training takes at once, at most; 256 unless said"),
            EntrySchema.choice(
                    "gated_norm", "mamba2: off where what is gated is not normalised (Falcon-H1)", "on", "off"),
            EntrySchema.count("step_rank", "mamba1: what step sizes are projected from; width / 16 unless said"),
            EntrySchema.flag("norms", "mamba1: step sizes, writes and reads are normalised (Jamba)"));

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    static long inner(ModelDefinition model, Settings settings) {
        return settings.count("inner").orElse(2L * model.width());
    }

    static CausalConvolution convolution(BlockContext context, Settings settings) {
        int taps = settings.count("conv").orElse(4L).intValue();
        return new CausalConvolution(context, taps, !bias(settings).equals("none"));
    }

    static boolean projectionBias(Settings settings) {
        return bias(settings).equals("all");
    }

    private static String bias(Settings settings) {
        return settings.word("bias").orElse("conv");
    }

    private static boolean isFirst(Settings settings) {
        return settings.word("kind").orElse("mamba2").equals("mamba1");
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        for (String entry : new String[] {"state", "inner", "conv", "head_dim", "groups", "chunk", "step_rank"}) {
            if (settings.count(entry).orElse(1L) < 1) {
                throw new BlockException(
                        settings.originOf(entry), "`" + entry + "` is at least 1", "leave it out for the usual size");
            }
        }
        String[] others = isFirst(settings)
                ? new String[] {"head_dim", "groups", "chunk", "gated_norm"}
                : new String[] {"step_rank", "norms"};
        for (String entry : others) {
            if (settings.has(entry)) {
                String kind = isFirst(settings) ? "mamba2" : "mamba1";
                throw new BlockException(
                        settings.originOf(entry), "`" + entry + "` belongs to " + kind, "say `kind " + kind + "`");
            }
        }
        if (!isFirst(settings)) {
            validateHeads(model, settings);
        }
    }

    private static void validateHeads(ModelDefinition model, Settings settings) {
        long inner = inner(model, settings);
        long headDim = settings.count("head_dim").orElse(64L);
        long groups = settings.count("groups").orElse(1L);
        if (inner % headDim != 0) {
            throw new BlockException(
                    settings.originOf("head_dim"),
                    inner + " channels do not come in heads of " + headDim,
                    "choose a `head_dim` that divides them");
        }
        if (inner / headDim % groups != 0) {
            throw new BlockException(
                    settings.originOf("groups"),
                    groups + " groups do not divide " + inner / headDim + " heads",
                    "each group serves the same number of heads");
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        return isFirst(settings)
                ? new SelectiveScan(context, settings).expand(x)
                : new StateSpaceDuality(context, settings).expand(x);
    }
}
