package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.Runs;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The linear recurrence of state-space models: h[i] = decay[i] · h[i - 1] + input[i] along one dim, for each element of the
 * others. Operands: decay, which may lack dims of the input but not the one scanned; input; while decoding, also the ring whose
 * row at the position before holds the state. Result: h like the input.
 *
 * @param reverse from the last to the first instead: h[i] = decay[i] · h[i + 1] + input[i]
 * @param carried the ring, in a call that goes on where another ended
 */
public record Scan(String along, boolean reverse, Optional<Carried> carried) implements Op {

    public static Scan of(String along) {
        return new Scan(along, false, Optional.empty());
    }

    @Override
    public String label() {
        return reverse ? "scan_back" : "scan";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType decay = operands.get(0);
        TensorType input = operands.get(1);
        if (!decay.has(along) || !input.dims().containsAll(decay.dims())) {
            throw new ShapeException("scan along " + along + " of " + input + " with decay " + decay);
        }
        carried.ifPresent(carry -> {
            if (!operands.get(2).without(List.of(carry.rows())).equals(input.without(List.of(along)))) {
                throw new ShapeException("scan of " + input + " goes on from " + operands.get(2));
            }
        });
        return List.of(input);
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 2.0 * operands.get(1).elements();
    }

    @Override
    public Splitting splitting(String dim) {
        boolean ring = carried.map(carry -> carry.rows().equals(dim)).orElse(false);
        return dim.equals(along) || ring ? Splitting.WHOLE : Splitting.SUM;
    }

    /**
     * g[i] = dh[i] + decay[i + 1] · g[i + 1] is a scan from the end; it is the input's gradient, and times the state before it
     * the decay's.
     */
    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value decay = context.operand(0);
        Value next = context.emitOne(Shift.of(along, reverse ? 1 : -1), decay);
        Value g = context.emitOne(
                new Scan(along, !reverse, Optional.empty()),
                next,
                context.gradient(0).orElseThrow());
        return List.of(
                context.wants(0) ? Optional.of(decayGradient(context, decay.type(), g)) : Optional.empty(),
                Optional.of(g));
    }

    private Value decayGradient(BackwardContext context, TensorType decay, Value g) {
        Value before = context.emitOne(Shift.of(along, reverse ? -1 : 1), context.result(0));
        var product = Scalars.multiply(Scalars.arg(0), Scalars.arg(1));
        var over = g.type().names().stream().filter(name -> !decay.has(name)).toList();
        return over.isEmpty()
                ? context.emitOne(new MapOp(product, g.type()), g, before)
                : context.emitOne(new MapReduce(product, g.type(), over, Splitting.SUM), g, before);
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor input = operands.get(1);
        double[] decay = IndexSpace.over(input.type().dims()).spread(operands.get(0));
        DoubleTensor h = DoubleTensor.zeros(input.type());
        double[] begin = begin(operands, environment);
        Runs runs = Runs.along(input.type(), along);
        for (int before = 0; before < runs.outer(); before++) {
            double[] state = Arrays.copyOfRange(begin, before * runs.run(), (before + 1) * runs.run());
            for (int step = 0; step < runs.length(); step++) {
                int at = runs.at(before, reverse ? runs.length() - 1 - step : step);
                for (int i = 0; i < state.length; i++) {
                    state[i] = decay[at + i] * state[i] + input.values()[at + i];
                    h.values()[at + i] = state[i];
                }
            }
        }
        return List.of(h);
    }

    /** The state before the first step: like the input, without the dim scanned. */
    private double[] begin(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor begin = DoubleTensor.zeros(operands.get(1).type().without(List.of(along)));
        carried.ifPresent(carry -> {
            DoubleTensor ring = operands.get(2);
            int position = (int) environment.symbol(carry.start()) - 1;
            int row =
                    Math.floorMod(position, (int) ring.type().dim(carry.rows()).bound());
            if (position >= 0) {
                IndexSpace.over(begin.type().dims())
                        .forEach(point ->
                                begin.set(point, ring.at(dim -> dim.equals(carry.rows()) ? row : point.along(dim))));
            }
        });
        return begin.values();
    }
}
