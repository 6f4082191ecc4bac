package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.Scalars;
import java.util.Optional;
import java.util.stream.LongStream;

/** What both kinds of state-space block are made of. */
final class StateSpaces {
    /** Logarithms of rates: from a third to three times a step. */
    static final Initializer RATE = Initializer.normal(1);

    /** softplus(-3) is a twentieth: with rates near one, a state lasts for about twenty tokens. */
    static final Initializer STEP = new Initializer(-3, 0);

    /** Beyond it softplus is the identity, and exp may be infinite. */
    private static final double LARGE = 20;

    private StateSpaces() {}

    /** The longest stretch that cuts the sequence evenly and is no longer than asked for. */
    static long chunk(long sequence, long most) {
        return LongStream.iterate(Math.min(sequence, most), length -> length - 1)
                .filter(length -> sequence % length == 0)
                .findFirst()
                .orElseThrow();
    }

    static ScalarExpr silu(ScalarExpr x) {
        return Scalars.multiply(x, Scalars.sigmoid(x));
    }

    /** log(1 + e^x). */
    static ScalarExpr softplus(ScalarExpr x) {
        ScalarExpr below = Scalars.binary(BinaryKind.MIN, x, Scalars.constant(LARGE));
        ScalarExpr log = Scalars.log(Scalars.add(Scalars.constant(1), Scalars.exp(below)));
        return Scalars.select(Scalars.binary(BinaryKind.LESS, Scalars.constant(LARGE), x), x, log);
    }

    /** exp(-step · e^rate), of operands step and rate. */
    static ScalarExpr decay() {
        return Scalars.exp(logDecay());
    }

    /** -step · e^rate, of operands step and rate. */
    static ScalarExpr logDecay() {
        return Scalars.unary(
                ScalarExpr.UnaryKind.NEGATE, Scalars.multiply(Scalars.arg(0), Scalars.exp(Scalars.arg(1))));
    }

    /** y + x · skip, of operands y, x and skip. */
    static ScalarExpr skipped() {
        return Scalars.add(Scalars.arg(0), Scalars.multiply(Scalars.arg(1), Scalars.arg(2)));
    }

    /** States after every position; while decoding, on from the state that the call before left. */
    static Value scan(BlockContext context, Value decay, Value input) {
        var builder = context.builder();
        return switch (context.form()) {
            case ExpansionForm.Training t -> builder.one("states", Scan.of(Names.SEQUENCE), decay, input);
            case ExpansionForm.Decoding d -> {
                Ring ring = Ring.of(context, "state", input.type(), 1);
                var scan = new Scan(Names.SEQUENCE, false, Optional.of(Ring.CARRIED));
                Value states = builder.one("states", scan, decay, input, ring.rows());
                ring.keep(states);
                yield states;
            }
        };
    }
}
