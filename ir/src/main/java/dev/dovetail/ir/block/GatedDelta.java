package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.IndexOf;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * S[t] = a[t] (1 - b[t] k[t] k[t]ᵀ) S[t - 1] + b[t] k[t] v[t]ᵀ, and S[t]ᵀ q[t] of it (Yang et al. 2024, arXiv:2412.06464).
 *
 * <p>Over a chunk of positions, as over one, the state becomes A S + B. Training works A and B out for each chunk (the inverse of
 * a unit triangle, a product of its powers, turns values into what is new of them), decoding for each position. What follows is
 * the same: such steps put behind one another are one such step, so all states are found in as many rounds as the logarithm of
 * the length has, each a product over all of it. Dims: k a key's elements as the state is written, e as it is read, v a value's.
 */
final class GatedDelta {
    /** Keeps a key of zeros a key of zeros. */
    private static final double TINY = 1e-6;

    private final BlockContext context;
    private final Settings settings;
    private final Dim heads;
    private final Dim sharing;
    private final Dim key;
    private final Dim read;
    private final Dim value;

    GatedDelta(BlockContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
        long count = settings.count("heads").orElseThrow();
        long keyDim = settings.count("head_dim").orElseThrow();
        this.heads = Dim.of(Names.HEADS, count);
        this.sharing = Dim.of(Names.SHARING, settings.count("value_heads").orElse(count) / count);
        this.key = Dim.of(Names.STATE, keyDim);
        this.read = Dim.of(Names.STATE_READ, keyDim);
        this.value = Dim.of(Names.HEAD_DIM, settings.count("value_dim").orElse(keyDim));
    }

    Value expand(Value stream) {
        var values = List.of(heads, sharing, value);
        Value q = unit("q_unit", convolved("q", stream, List.of(heads, key)), 1 / Math.sqrt(key.bound()));
        Value k = unit("k_unit", convolved("k", stream, List.of(heads, key)), 1);
        Value v = convolved("v", stream, values);
        Value gate = projected("gate", stream, values);
        Value rate = map("rate", Scalars.sigmoid(Scalars.arg(0)), projected("write", stream, List.of(heads, sharing)));
        Value decay = logDecay(stream);
        Value seen = switch (context.form()) {
            case ExpansionForm.Training t -> new Chunks(t).seen(q, k, v, rate, decay);
            case ExpansionForm.Decoding d -> recurrent(d, q, k, v, rate, decay);
        };
        Value normed = context.normalize("out_norm", seen, value, NormKind.RMS);
        ScalarExpr gated = Scalars.multiply(Scalars.arg(0), StateSpaces.silu(Scalars.arg(1)));
        return context.project(
                "out",
                context.map("gated", gated, normed, gate),
                values,
                List.of(context.width()),
                false,
                context.residualOutput());
    }

    private Value projected(String name, Value stream, List<Dim> to) {
        return context.project(name, stream, List.of(context.width()), to, false, context.weight());
    }

    private Value convolved(String name, Value stream, List<Dim> to) {
        int taps = settings.count("conv").orElse(4L).intValue();
        return new CausalConvolution(context, taps, false).activated("conv_" + name, projected(name, stream, to), to);
    }

    /** Of length {@code length}. */
    private Value unit(String name, Value x, double length) {
        ScalarExpr square = Scalars.multiply(Scalars.arg(0), Scalars.arg(0));
        Value sum = context.builder()
                .one(name + "_square", new MapReduce(square, x.type(), List.of(key.name()), Splitting.SUM), x);
        ScalarExpr root = Scalars.sqrt(Scalars.add(Scalars.arg(1), Scalars.constant(TINY)));
        return context.map(
                name, Scalars.divide(Scalars.multiply(Scalars.constant(length), Scalars.arg(0)), root), x, sum);
    }

    /** Logarithms of what is left of a state, [sequence, batch, heads, sharing]. */
    private Value logDecay(Value stream) {
        var each = List.of(heads, sharing);
        Value bias = context.parameter("step_bias", each, StateSpaces.STEP);
        ScalarExpr softplus = StateSpaces.softplus(Scalars.add(Scalars.arg(0), Scalars.arg(1)));
        Value step = context.map("step_size", softplus, projected("step", stream, each), bias);
        return context.map(
                "log_decay", StateSpaces.logDecay(), step, context.parameter("decay_rate", each, StateSpaces.RATE));
    }

    private Value map(String name, ScalarExpr expr, Value first, Value... rest) {
        return context.map(name, expr, first, rest);
    }

    private Value map(String name, ScalarExpr expr, List<Dim> dims, Value... operands) {
        return context.builder()
                .one(name, new MapOp(expr, new TensorType(operands[0].type().element(), dims)), operands);
    }

    private Value product(String name, List<Dim> dims, Value left, Value right) {
        return context.builder()
                .one(name, new MatMul(dims.stream().map(Dim::name).toList()), left, right);
    }

    private Value renamed(Value x, Dim from, Dim to) {
        return context.builder().one(x.name() + "_by_" + to.name(), new Regroup(List.of(from), List.of(to)), x);
    }

    private static ScalarExpr isEqual(Dim one, Dim other) {
        return Scalars.binary(BinaryKind.EQUAL, new IndexOf(one.name()), new IndexOf(other.name()));
    }

    private static ScalarExpr isLess(Dim one, Dim other) {
        return Scalars.binary(BinaryKind.LESS, new IndexOf(one.name()), new IndexOf(other.name()));
    }

    private static ScalarExpr product(ScalarExpr... factors) {
        return Stream.of(factors).reduce(Scalars::multiply).orElseThrow();
    }

    /**
     * States behind every step of S = A S + B along a dim, from nothing.
     *
     * @param a [along, batch, heads, sharing, k, e]
     * @param b [along, batch, heads, sharing, k, v]
     */
    private Value states(Dim along, Value a, Value b) {
        Dim middle = Dim.of(Names.MIDDLE, key.bound());
        Value steps = a;
        Value states = b;
        for (int reach = 1; reach < along.bound(); reach *= 2) {
            String round = "_" + reach;
            Value inner = renamed(steps, read, middle);
            Value before = context.builder().one("states_before" + round, Shift.of(along.name(), reach), states);
            Value more = product("carried" + round, b.type().dims(), inner, renamed(before, key, middle));
            states = map("states" + round, Scalars.add(Scalars.arg(0), Scalars.arg(1)), states, more);
            if (2 * reach < along.bound()) {
                Value steps2 = context.builder().one("steps_before" + round, Shift.of(along.name(), reach), steps);
                steps = product("steps" + round, a.type().dims(), inner, renamed(steps2, key, middle));
            }
        }
        return states;
    }

    /** Position by position, from the state that the call before left. */
    private Value recurrent(ExpansionForm.Decoding form, Value q, Value k, Value v, Value rate, Value decay) {
        Dim sequence = form.sequence();
        var outer = List.of(sequence, form.batch(), heads, sharing);
        var square = with(outer, key, read);
        var wide = with(outer, key, value);
        Value k2 = renamed(k, key, read);
        ScalarExpr rest = Scalars.subtract(isEqual(key, read), product(Scalars.arg(2), Scalars.arg(0), Scalars.arg(1)));
        Value a = map("step", product(Scalars.exp(Scalars.arg(3)), rest), square, k, k2, rate, decay);
        Value b = map("written", product(Scalars.arg(0), Scalars.arg(1), Scalars.arg(2)), wide, k, v, rate);
        Ring ring = Ring.of(context, "state", b.type(), 1);
        Value last =
                context.builder().one("last", new Shift(sequence.name(), 1, Optional.of(Ring.CARRIED)), b, ring.rows());
        ScalarExpr isFirst = Scalars.binary(BinaryKind.EQUAL, new IndexOf(sequence.name()), Scalars.constant(0));
        Value start = map("start", Scalars.select(isFirst, Scalars.arg(0), Scalars.constant(0)), last);
        Value carried = product("carried", wide, a, renamed(start, key, read));
        Value first = map("begun", Scalars.add(Scalars.arg(0), Scalars.arg(1)), b, carried);
        Value states = states(sequence, a, first);
        ring.keep(states);
        return product("seen", with(outer, value), q, states);
    }

    private static List<Dim> with(List<Dim> outer, Dim... inner) {
        return Stream.concat(outer.stream(), Stream.of(inner)).toList();
    }

    /** The chunked form. Dims: c chunks, p places, s sources (places again), b batch, h heads, g sharing. */
    private final class Chunks {
        private final Dim sequence;
        private final Dim chunks;
        private final Dim places;
        private final Dim sources;

        /** c, b, h, g. */
        private final List<Dim> outer;

        Chunks(ExpansionForm.Training form) {
            this.sequence = form.sequence();
            long length =
                    StateSpaces.chunk(sequence.bound(), settings.count("chunk").orElse(64L));
            this.chunks = Dim.of(Names.CHUNKS, sequence.bound() / length);
            this.places = Dim.of(Names.PLACES, length);
            this.sources = Dim.of(Names.SOURCES, length);
            this.outer = List.of(chunks, form.batch(), heads, sharing);
        }

        private Value cut(Value x, Dim inside) {
            var regroup = new Regroup(List.of(sequence), List.of(chunks, inside));
            return context.builder().one(x.name() + "_" + inside.name(), regroup, x);
        }

        Value seen(Value q, Value k, Value v, Value rate, Value decay) {
            Value since = since(decay);
            Value since2 = renamed(since, places, sources);
            Value keys = cut(k, sources);
            Value news = news(k, keys, rate, since, since2);
            Value rates = cut(rate, sources);
            ScalarExpr rated = product(Scalars.arg(0), Scalars.arg(1));
            Value values = cut(v, sources);
            Value u = product("new_values", with(outer, places, value), news, map("rated", rated, values, rates));
            ScalarExpr faded = product(Scalars.arg(0), Scalars.arg(1), Scalars.exp(Scalars.arg(2)));
            var keyed = rowsOf(sources, key);
            Value w = product(
                    "new_keys", with(outer, places, key), news, map("rated_keys", faded, keyed, keys, rates, since2));
            Value newValues = renamed(u, places, sources);
            Value newKeys = renamed(w, places, sources);
            Value before = before(decay, keys, since2, newValues, newKeys);
            Value held = product("held", newValues.type().dims(), newKeys, before);
            Value deltas = map("deltas", Scalars.subtract(Scalars.arg(0), Scalars.arg(1)), newValues, held);
            return read(q, keys, since, since2, deltas, before);
        }

        /** [c, rows, b, h, g, inner]. */
        private List<Dim> rowsOf(Dim rows, Dim inner) {
            return List.of(chunks, rows, outer.get(1), heads, sharing, inner);
        }

        /** Logarithms of what is left since a chunk began: [c, p, b, h, g]. */
        private Value since(Value decay) {
            ScalarExpr upTo = Scalars.select(isLess(places, sources), Scalars.constant(0), Scalars.arg(0));
            var space = new TensorType(
                    decay.type().element(), List.of(chunks, places, sources, outer.get(1), heads, sharing));
            var sum = new MapReduce(upTo, space, List.of(sources.name()), Splitting.SUM);
            return context.builder().one("since", sum, cut(decay, sources));
        }

        /** Scores times what is left between source and place: [c, b, h, g, p, s]. */
        private Value fading(String name, ScalarExpr hidden, ScalarExpr score, Value... operands) {
            ScalarExpr left = Scalars.exp(Scalars.subtract(Scalars.arg(1), Scalars.arg(2)));
            ScalarExpr weight = Scalars.select(hidden, Scalars.constant(0), product(score, left));
            return map(name, weight, with(outer, places, sources), operands);
        }

        private Value scores(String name, Value rows, Value keys) {
            return product(name, List.of(chunks, outer.get(1), heads, places, sources), rows, keys);
        }

        /** (1 + L)⁻¹ = (1 - L)(1 + L²)(1 + L⁴) …, of L strictly below the diagonal: what is new of each source. */
        private Value news(Value k, Value keys, Value rate, Value since, Value since2) {
            ScalarExpr minus = product(Scalars.constant(-1), Scalars.arg(0), Scalars.arg(3));
            ScalarExpr isHidden = Scalars.subtract(Scalars.constant(1), isLess(sources, places));
            Value power = fading(
                    "overlap",
                    isHidden,
                    minus,
                    scores("key_scores", cut(k, places), keys),
                    since,
                    since2,
                    cut(rate, places));
            ScalarExpr one = Scalars.select(isEqual(places, sources), Scalars.constant(1), Scalars.arg(0));
            Value inverse = map("inverse", one, power);
            for (int covered = 2; covered < places.bound(); covered *= 2) {
                power = square("power_" + covered, power, power);
                Value more = square("inverse_more_" + covered, power, inverse);
                inverse = map("inverse_" + covered, Scalars.add(Scalars.arg(0), Scalars.arg(1)), inverse, more);
            }
            return inverse;
        }

        private Value square(String name, Value left, Value right) {
            Dim middle = Dim.of(Names.MIDDLE, places.bound());
            return product(name, left.type().dims(), renamed(left, sources, middle), renamed(right, places, middle));
        }

        /** The state before each chunk: [c, b, h, g, k, v]. */
        private Value before(Value decay, Value keys, Value since2, Value newValues, Value newKeys) {
            var whole = new MapReduce(
                    Scalars.arg(0),
                    new TensorType(decay.type().element(), List.of(chunks, sources, outer.get(1), heads, sharing)),
                    List.of(sources.name()),
                    Splitting.SUM);
            Value end = context.builder().one("whole", whole, cut(decay, sources));
            ScalarExpr left = Scalars.exp(Scalars.subtract(Scalars.arg(1), Scalars.arg(2)));
            Value faded = map("faded", product(Scalars.arg(0), left), rowsOf(sources, key), keys, end, since2);
            var square = with(outer, key, read);
            Value overwritten = product("overwritten", square, faded, renamed(newKeys, key, read));
            ScalarExpr kept = Scalars.select(isEqual(key, read), Scalars.exp(Scalars.arg(1)), Scalars.constant(0));
            Value a = map("step", Scalars.subtract(kept, Scalars.arg(0)), square, overwritten, end);
            Value b = product("written", with(outer, key, value), faded, newValues);
            return context.builder().one("before", Shift.of(chunks.name(), 1), states(chunks, a, b));
        }

        private Value read(Value q, Value keys, Value since, Value since2, Value deltas, Value before) {
            Value rows = cut(q, places);
            Value weights = fading(
                    "weights", isLess(places, sources), Scalars.arg(0), scores("scores", rows, keys), since, since2);
            var dims = rowsOf(places, value);
            Value near = product("near", dims, weights, deltas);
            Value far = product("far", dims, rows, before);
            ScalarExpr both = Scalars.add(Scalars.arg(0), product(Scalars.arg(1), Scalars.exp(Scalars.arg(2))));
            Value seen = map("near_and_far", both, near, far, since);
            return context.builder().one("seen", new Regroup(List.of(chunks, places), List.of(sequence)), seen);
        }
    }
}
