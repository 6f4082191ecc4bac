package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A convolution of each channel with the last few positions of its own: a sum of shifts, each times a weight for every channel.
 * While decoding, a ring holds as many rows as there are weights.
 */
record CausalConvolution(BlockContext context, int taps, boolean bias) {

    /** SiLU of the convolution, like {@code x}. */
    Value activated(String name, Value x, List<Dim> channels) {
        return convolved(name, x, channels, StateSpaces::silu);
    }

    /** The convolution alone, like {@code x}. */
    Value plain(String name, Value x, List<Dim> channels) {
        return convolved(name, x, channels, UnaryOperator.identity());
    }

    /** @param channels dims of x, innermost, that have weights of their own */
    private Value convolved(String name, Value x, List<Dim> channels, UnaryOperator<ScalarExpr> activation) {
        Optional<Ring> ring = context.form() instanceof ExpansionForm.Decoding
                ? Optional.of(Ring.of(context, name, x.type(), taps))
                : Optional.empty();
        var operands = new ArrayList<Value>();
        ScalarExpr sum = Scalars.constant(0);
        for (int tap = 0; tap < taps; tap++) {
            ScalarExpr product = Scalars.multiply(Scalars.arg(operands.size()), Scalars.arg(operands.size() + 1));
            sum = Scalars.add(sum, product);
            operands.add(tap == 0 ? x : shifted(name, x, tap, ring));
            operands.add(context.parameter(name + "_" + tap, channels, context.tap()));
        }
        if (bias) {
            sum = Scalars.add(sum, Scalars.arg(operands.size()));
            operands.add(context.parameter(name + "_bias", channels, Initializer.ZEROS));
        }
        ring.ifPresent(kept -> kept.keep(x));
        return context.map(
                name,
                activation.apply(sum),
                x,
                operands.subList(1, operands.size()).toArray(Value[]::new));
    }

    private Value shifted(String name, Value x, int by, Optional<Ring> ring) {
        var builder = context.builder();
        String result = name + "_" + by + "_before";
        return ring.map(rows ->
                        builder.one(result, new Shift(Names.SEQUENCE, by, Optional.of(Ring.CARRIED)), x, rows.rows()))
                .orElseGet(() -> builder.one(result, Shift.of(Names.SEQUENCE, by), x));
    }
}
