package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * The real-gated linear recurrent unit in its gated block (De et al. 2024, Griffin, arXiv:2402.19427, section 2.4;
 * RecurrentGemma): h = a · h before + √(1 − a²) · gate · x for each channel, with a = exp(−8 · softplus(rate) · gate of its own).
 * The state is one number a channel, however long the past.
 */
public final class LruBlock implements Block {
    private static final Schema SCHEMA = Schema.of(
            "lru",
            EntrySchema.count("heads", "blocks of channels, whose gates read no other's")
                    .mandatory(),
            EntrySchema.count("inner", "channels; as many as the width unless said"),
            EntrySchema.count("conv", "positions that the convolution before it sees; 4 unless said"),
            EntrySchema.choice("bias", "whether projections have biases; as the model unless said", "none", "all"));

    /** c in the paper: how fast a state is forgotten at most. */
    private static final double FASTEST = 8;

    /** softplus(-5.3) is a two-hundredth: with half-open gates a state lasts for about fifty tokens. */
    private static final Initializer RATE = new Initializer(-5.3, 0);

    /** The root's slope is no steeper than a thousand, as in the published code. */
    private static final double LEAST = 2.5e-7;

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    private static long inner(ModelDefinition model, Settings settings) {
        return settings.count("inner").orElse((long) model.width());
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        for (String entry : List.of("heads", "inner", "conv")) {
            if (settings.count(entry).orElse(1L) < 1) {
                throw new BlockException(
                        settings.originOf(entry), "`" + entry + "` is at least 1", "leave it out for the usual size");
            }
        }
        long heads = settings.count("heads").orElseThrow();
        long inner = inner(model, settings);
        if (inner % heads != 0) {
            throw new BlockException(
                    settings.originOf("heads"),
                    inner + " channels do not come in " + heads + " equal blocks",
                    "choose `heads` that divide them");
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value stream) {
        long heads = settings.count("heads").orElseThrow();
        Dim block = Dim.of(Names.HEAD_DIM, inner(context.model(), settings) / heads);
        var channels = List.of(Dim.of(Names.HEADS, heads), block);
        var width = List.of(context.width());
        boolean bias = settings.word("bias")
                .map(word -> word.equals("all"))
                .orElse(context.model().biases());
        Value gate = context.project("gate", stream, width, channels, bias, context.weight());
        Value in = context.project("in", stream, width, channels, bias, context.weight());
        int taps = settings.count("conv").orElse(4L).intValue();
        Value x = new CausalConvolution(context, taps, true).plain("conv", in, channels);
        Value y = recurrent(context, channels, x);
        ScalarExpr gated = Scalars.multiply(Activations.gelu(), Scalars.arg(1));
        return context.project(
                "out", context.map("gated", gated, gate, y), channels, width, bias, context.residualOutput());
    }

    private static Value recurrent(BlockContext context, List<Dim> channels, Value x) {
        Value forget = gate(context, "forget_gate", channels, x);
        Value take = gate(context, "input_gate", channels, x);
        Value rate = context.parameter("rate", channels, RATE);
        ScalarExpr falls = Scalars.multiply(
                Scalars.constant(-FASTEST), Scalars.multiply(Scalars.arg(0), StateSpaces.softplus(Scalars.arg(1))));
        Value decay = context.map("decay", Scalars.exp(falls), forget, rate);
        // (1 - a) (1 + a) = 1 - a², and exact where a is near 1, of which a² would have lost the difference.
        ScalarExpr lost = Scalars.multiply(
                Scalars.subtract(Scalars.constant(1), Scalars.arg(2)),
                Scalars.add(Scalars.constant(1), Scalars.arg(2)));
        ScalarExpr share = Scalars.sqrt(Scalars.binary(BinaryKind.MAX, lost, Scalars.constant(LEAST)));
        // The first token finds no state, and is taken whole.
        ScalarExpr isFirst = Scalars.binary(BinaryKind.EQUAL, Scalars.arg(3), Scalars.constant(0));
        ScalarExpr input = Scalars.multiply(
                Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), Scalars.select(isFirst, Scalars.constant(1), share));
        return StateSpaces.scan(context, decay, context.map("input", input, x, take, decay, context.positions()));
    }

    /** σ(W x + b), with a W for each block of channels. */
    private static Value gate(BlockContext context, String name, List<Dim> channels, Value x) {
        Dim heads = channels.getFirst();
        Dim block = channels.getLast();
        Dim open = Dim.of(Names.STATE, block.bound());
        Value weight = context.parameter(name, List.of(heads, block, open), context.weight());
        Value bias = context.parameter(name + "_bias", List.of(heads, open), Initializer.ZEROS);
        var dims = List.of(Names.SEQUENCE, Names.BATCH, heads.name(), open.name());
        Value product = context.builder().one(name, new MatMul(dims), x, weight);
        ScalarExpr squashed = Scalars.sigmoid(Scalars.add(Scalars.arg(0), Scalars.arg(1)));
        Value opened = context.map(name + "_opened", squashed, product, bias);
        return context.builder().one(name + "_as_channels", new Regroup(List.of(open), List.of(block)), opened);
    }
}
