package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Mamba (Gu and Dao 2023, arXiv:2312.00752): every channel has {@code state} numbers, each decaying at a rate of its own;
 * step sizes, writes and reads depend on the token.
 */
final class SelectiveScan {
    private final BlockContext context;
    private final Settings settings;
    private final Dim inner;
    private final Dim state;
    private final Dim rank;

    SelectiveScan(BlockContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
        long width = context.model().width();
        this.inner = Dim.of(Names.INNER, SsmBlock.inner(context.model(), settings));
        this.state = Dim.of(Names.STATE, settings.count("state").orElseThrow());
        this.rank = Dim.of(Names.STEP_RANK, settings.count("step_rank").orElse((width + 15) / 16));
    }

    Value expand(Value stream) {
        boolean bias = SsmBlock.projectionBias(settings);
        var width = List.of(context.width());
        var channels = List.of(inner);
        Value z = context.project("gate", stream, width, channels, bias, context.weight());
        Value in = context.project("in", stream, width, channels, bias, context.weight());
        Value x = SsmBlock.convolution(context, settings).activated("conv", in, channels);
        Value y = scanned(x);
        ScalarExpr gated = Scalars.multiply(Scalars.arg(0), StateSpaces.silu(Scalars.arg(1)));
        return context.project(
                "out", context.map("gated", gated, y, z), channels, width, bias, context.residualOutput());
    }

    private Value scanned(Value x) {
        Value step = step(x);
        Value write = normalized("write", x, state);
        Value read = normalized("read", x, state);
        Value rates = context.parameter("rate", List.of(inner, state), StateSpaces.RATE);
        var dims = new ArrayList<>(x.type().dims());
        dims.add(state);
        TensorType states = new TensorType(x.type().element(), dims);
        Value decay = context.builder().one("decay", new MapOp(StateSpaces.decay(), states), step, rates);
        ScalarExpr product = Scalars.multiply(Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), Scalars.arg(2));
        Value input = context.builder().one("input", new MapOp(product, states), x, step, write);
        Value h = StateSpaces.scan(context, decay, input);
        Value seen = context.builder()
                .one(
                        "seen",
                        new MapReduce(
                                Scalars.multiply(Scalars.arg(0), Scalars.arg(1)),
                                states,
                                List.of(Names.STATE),
                                Splitting.SUM),
                        h,
                        read);
        Value skip = context.parameter("skip", List.of(inner), Initializer.ONES);
        return context.map("scanned", StateSpaces.skipped(), seen, x, skip);
    }

    private Value step(Value x) {
        Value narrow = normalized("step_down", x, rank);
        Value wide = context.project("step", narrow, List.of(rank), List.of(inner), false, context.weight());
        Value bias = context.parameter("step_bias", List.of(inner), StateSpaces.STEP);
        ScalarExpr softplus = StateSpaces.softplus(Scalars.add(Scalars.arg(0), Scalars.arg(1)));
        return context.map("step_size", softplus, wide, bias);
    }

    private Value normalized(String name, Value x, Dim to) {
        Value y = context.project(name, x, List.of(inner), List.of(to), false, context.weight());
        return settings.has("norms") ? context.normalize(name + "_norm", y, to, NormKind.RMS) : y;
    }
}
