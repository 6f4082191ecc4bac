package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.IndexOf;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Mamba-2 (Dao and Gu 2024, arXiv:2405.21060): heads whose channels share one decay, so that a stretch of positions is a matrix
 * product. Training computes, chunk by chunk, what places of a chunk read of each other as attention does with decays for
 * weights, and what they read of the state before the chunk; states pass from chunk to chunk in a scan. Decoding is the
 * recurrence itself.
 */
final class StateSpaceDuality {
    private final BlockContext context;
    private final Settings settings;

    /** Absent where one group serves all heads. */
    private final List<Dim> groups;

    /** Heads of a group. */
    private final Dim heads;

    private final Dim headDim;
    private final Dim state;

    StateSpaceDuality(BlockContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
        long channels = SsmBlock.inner(context.model(), settings);
        long count = settings.count("groups").orElse(1L);
        this.headDim = Dim.of(Names.HEAD_DIM, settings.count("head_dim").orElse(64L));
        this.groups = count == 1 ? List.of() : List.of(Dim.of(Names.GROUPS, count));
        this.heads = Dim.of(Names.HEADS, channels / headDim.bound() / count);
        this.state = Dim.of(Names.STATE, settings.count("state").orElseThrow());
    }

    private List<Dim> in(List<Dim> outer, Dim... inner) {
        return Stream.of(outer, groups, List.of(inner)).flatMap(List::stream).toList();
    }

    Value expand(Value stream) {
        boolean bias = SsmBlock.projectionBias(settings);
        var width = List.of(context.width());
        var channels = in(List.of(), heads, headDim);
        var convolution = SsmBlock.convolution(context, settings);
        Value z = context.project("gate", stream, width, channels, bias, context.weight());
        Value x = convolution.activated("conv", projected("in", stream, channels), channels);
        Value write = convolution.activated(
                "conv_write", projected("write", stream, in(List.of(), state)), in(List.of(), state));
        Value read = convolution.activated(
                "conv_read", projected("read", stream, in(List.of(), state)), in(List.of(), state));
        Value step = step(stream);
        Value seen = switch (context.form()) {
            case ExpansionForm.Training t -> new Chunks(t).seen(x, step, write, read);
            case ExpansionForm.Decoding d -> recurrent(x, step, write, read);
        };
        Value skip = context.parameter("skip", in(List.of(), heads), Initializer.ONES);
        Value y = context.map("scanned", StateSpaces.skipped(), seen, x, skip);
        ScalarExpr gated = Scalars.multiply(Scalars.arg(0), StateSpaces.silu(Scalars.arg(1)));
        Value given = context.map("gated", gated, y, z);
        boolean normed = settings.word("gated_norm").orElse("on").equals("on");
        Value out =
                normed ? ComposedNorm.scaled(context, "heads_norm", given, List.of(heads, headDim), channels) : given;
        return context.project("out", out, channels, width, bias, context.residualOutput());
    }

    private Value projected(String name, Value stream, List<Dim> to) {
        return context.project(
                name, stream, List.of(context.width()), to, SsmBlock.projectionBias(settings), context.weight());
    }

    /** Step sizes, [sequence, batch, heads]. */
    private Value step(Value stream) {
        var each = in(List.of(), heads);
        Value wide = context.project("step", stream, List.of(context.width()), each, false, context.weight());
        Value bias = context.parameter("step_bias", each, StateSpaces.STEP);
        ScalarExpr sum = Scalars.add(Scalars.arg(0), Scalars.arg(1));
        if (!SsmBlock.projectionBias(settings)) {
            return context.map("step_size", StateSpaces.softplus(sum), wide, bias);
        }
        // The projection's own bias beside the one that all have, as published code has both.
        Value own = context.parameter("step_in_bias", each, Initializer.ZEROS);
        return context.map("step_size", StateSpaces.softplus(Scalars.add(sum, Scalars.arg(2))), wide, bias, own);
    }

    private Value rate() {
        return context.parameter("rate", in(List.of(), heads), StateSpaces.RATE);
    }

    /** One position after another, from the state that the call before left. */
    private Value recurrent(Value x, Value step, Value write, Value read) {
        var builder = context.builder();
        var dims = new ArrayList<>(x.type().dims());
        dims.add(state);
        TensorType states = new TensorType(x.type().element(), dims);
        Value decay = context.map("decay", StateSpaces.decay(), step, rate());
        ScalarExpr product = Scalars.multiply(Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), Scalars.arg(2));
        Value input = builder.one("input", new MapOp(product, states), x, step, write);
        Value h = StateSpaces.scan(context, decay, input);
        ScalarExpr seen = Scalars.multiply(Scalars.arg(0), Scalars.arg(1));
        return builder.one("seen", new MapReduce(seen, states, List.of(Names.STATE), Splitting.SUM), h, read);
    }

    /** The chunked form. Names of dims: c chunks, p places, s sources (places again), b batch, g groups, h heads. */
    private final class Chunks {
        private final Dim sequence;
        private final Dim batch;
        private final Dim chunks;
        private final Dim places;
        private final Dim sources;

        Chunks(ExpansionForm.Training form) {
            this.sequence = form.sequence();
            this.batch = form.batch();
            long length =
                    StateSpaces.chunk(sequence.bound(), settings.count("chunk").orElse(256L));
            this.chunks = Dim.of(Names.CHUNKS, sequence.bound() / length);
            this.places = Dim.of(Names.PLACES, length);
            this.sources = Dim.of(Names.SOURCES, length);
        }

        Value seen(Value x, Value step, Value write, Value read) {
            Value logDecay = context.map("log_decay", StateSpaces.logDecay(), step, rate());
            Value scaled = context.map("stepped", Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), x, step);
            Value since = since(logDecay);
            Value inputs = cut(scaled, sources);
            Value writes = cut(write, sources);
            Value reads = cut(read, places);
            Value near = near(since, inputs, writes, reads);
            Value far = far(logDecay, since, inputs, writes, reads);
            Value both = context.map("near_and_far", Scalars.add(Scalars.arg(0), Scalars.arg(1)), near, far);
            return context.builder().one("seen", new Regroup(List.of(chunks, places), List.of(sequence)), both);
        }

        private Value cut(Value value, Dim inside) {
            var regroup = new Regroup(List.of(sequence), List.of(chunks, inside));
            return context.builder().one(value.name() + "_" + inside.name(), regroup, value);
        }

        private TensorType type(Value like, List<Dim> dims) {
            return new TensorType(like.type().element(), dims);
        }

        private Value map(String name, ScalarExpr expr, TensorType type, Value... operands) {
            return context.builder().one(name, new MapOp(expr, type), operands);
        }

        /** Decays since a chunk began, in logarithms: [c, p, b, (g), h]. */
        private Value since(Value logDecay) {
            ScalarExpr before = Scalars.binary(BinaryKind.LESS, new IndexOf(Names.PLACES), new IndexOf(Names.SOURCES));
            ScalarExpr upTo = Scalars.select(before, Scalars.constant(0), Scalars.arg(0));
            var space = type(logDecay, in(List.of(chunks, places, sources, batch), heads));
            var sum = new MapReduce(upTo, space, List.of(Names.SOURCES), Splitting.SUM);
            return context.builder().one("since", sum, cut(logDecay, sources));
        }

        /** What places read of places before them in their chunk: [c, p, b, (g), h, head_dim]. */
        private Value near(Value since, Value inputs, Value writes, Value reads) {
            var builder = context.builder();
            Value scores = builder.one(
                    "scores", new MatMul(names(in(List.of(chunks, batch), places, sources))), reads, writes);
            // Side by side along the sources: the widest tensors here are computed in vectors along them.
            Value since2 = map(
                    "since_sources",
                    Scalars.arg(0),
                    type(since, in(List.of(chunks, batch), heads, sources)),
                    builder.one("sources", new Regroup(List.of(places), List.of(sources)), since));
            ScalarExpr between = Scalars.exp(Scalars.subtract(Scalars.arg(1), Scalars.arg(2)));
            ScalarExpr before = Scalars.binary(BinaryKind.LESS, new IndexOf(Names.PLACES), new IndexOf(Names.SOURCES));
            ScalarExpr weight = Scalars.select(before, Scalars.constant(0), Scalars.multiply(Scalars.arg(0), between));
            Value weights = map(
                    "weights",
                    weight,
                    type(scores, in(List.of(chunks, batch), heads, places, sources)),
                    scores,
                    since,
                    since2);
            return builder.one(
                    "near", new MatMul(names(in(List.of(chunks, places, batch), heads, headDim))), weights, inputs);
        }

        /** What places read of the state before their chunk: [c, p, b, (g), h, head_dim]. */
        private Value far(Value logDecay, Value since, Value inputs, Value writes, Value reads) {
            var builder = context.builder();
            Value whole = builder.one(
                    "whole",
                    new MapReduce(
                            Scalars.arg(0),
                            type(logDecay, in(List.of(chunks, sources, batch), heads)),
                            List.of(Names.SOURCES),
                            Splitting.SUM),
                    cut(logDecay, sources));
            Value since2 = builder.one("until_sources", new Regroup(List.of(places), List.of(sources)), since);
            ScalarExpr left = Scalars.exp(Scalars.subtract(Scalars.arg(1), Scalars.arg(2)));
            Value faded = map("faded", Scalars.multiply(Scalars.arg(0), left), inputs.type(), inputs, whole, since2);
            Value written = builder.one(
                    "written", new MatMul(names(in(List.of(chunks, batch), heads, state, headDim))), writes, faded);
            Value fade = map("fade", Scalars.exp(Scalars.arg(0)), whole.type(), whole);
            Value after = builder.one("after", Scan.of(Names.CHUNKS), fade, written);
            Value before = builder.one("before", Shift.of(Names.CHUNKS, 1), after);
            Value read = builder.one(
                    "read_before",
                    new MatMul(names(in(List.of(chunks, places, batch), heads, headDim))),
                    reads,
                    before);
            return map("far", Scalars.multiply(Scalars.arg(0), Scalars.exp(Scalars.arg(1))), read.type(), read, since);
        }

        private static List<String> names(List<Dim> dims) {
            return dims.stream().map(Dim::name).toList();
        }
    }
}
