package dev.dovetail.ir.block;

import dev.dovetail.ir.block.Adaptation.Mixture;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * What several low-rank updates of one projection give together (MoLE, Wu et al. 2024, arXiv:2404.13628). With E_i what update i
 * gives for a token, and E all of them side by side over their root mean square: G = softmax(E · e / temperature), and the
 * projection gives y + Σ G_i E_i. Only e trains; it starts at zero, where all updates count alike.
 *
 * @param name of the projection
 * @param updates E_i, each with the projection's dims
 * @param to the projection's innermost dims
 */
record MixedUpdates(BlockContext context, String name, List<Value> updates, List<Dim> to) {

    /** The projection's result {@code y} with the updates in their proportions. */
    Value addedTo(Value y, Mixture mixture) {
        List<Value> gates = gates(mixture.temperature());
        var operands = new ArrayList<Value>();
        ScalarExpr sum = Scalars.arg(0);
        for (int i = 0; i < updates.size(); i++) {
            operands.add(updates.get(i));
            operands.add(gates.get(i));
            sum = Scalars.add(sum, Scalars.multiply(Scalars.arg(2 * i + 1), Scalars.arg(2 * i + 2)));
        }
        return context.map(name + "_mixed", sum, y, operands.toArray(Value[]::new));
    }

    /** How much each update counts, one value an update; together they are one. */
    private List<Value> gates(double temperature) {
        Value scores = scores(temperature);
        TensorType space = scores.type().withElement(scores.type().element().statistic());
        ScalarExpr score = Scalars.arg(0);
        Value highest = overGates("gate_highest", score, space, Splitting.MAX, scores);
        ScalarExpr power = Scalars.exp(Scalars.subtract(score, Scalars.detach(Scalars.arg(1))));
        Value total = overGates("gate_total", power, space, Splitting.SUM, scores, highest);
        var gates = new ArrayList<Value>();
        for (int i = 0; i < updates.size(); i++) {
            ScalarExpr isIts =
                    Scalars.binary(BinaryKind.EQUAL, new ScalarExpr.IndexOf(Names.MIXED), Scalars.constant(i));
            ScalarExpr share = Scalars.select(isIts, Scalars.divide(power, Scalars.arg(2)), Scalars.constant(0));
            gates.add(overGates("gate_" + i, share, space, Splitting.SUM, scores, highest, total));
        }
        return gates;
    }

    /** E · e over the root mean square of E and the temperature: the norm is one number a token, so it is divided by last. */
    private Value scores(double temperature) {
        Dim gates = Dim.of(Names.MIXED, updates.size());
        var projected = new ArrayList<Value>();
        var squares = new ArrayList<Value>();
        double elements = updates.size();
        for (Dim dim : to) {
            elements *= dim.bound();
        }
        for (int i = 0; i < updates.size(); i++) {
            Value update = updates.get(i);
            squares.add(square(i, update));
            var dims = new ArrayList<>(squares.getFirst().type().names());
            dims.add(Names.MIXED);
            var weights = new ArrayList<>(to);
            weights.add(gates);
            Value e = context.parameter(name + ".mix." + i, weights, Initializer.ZEROS, true);
            projected.add(context.builder().one(name + "_scores_" + i, new MatMul(dims), update, e));
        }
        ScalarExpr mean = Scalars.multiply(sum(0, squares.size()), Scalars.constant(1 / elements));
        double epsilon = context.model().epsilon();
        Value size = context.builder()
                .one(
                        name + "_size",
                        new MapOp(
                                Scalars.sqrt(Scalars.add(mean, Scalars.constant(epsilon))),
                                squares.getFirst().type()),
                        squares.toArray(Value[]::new));
        ScalarExpr together = Scalars.multiply(sum(0, projected.size()), Scalars.constant(1 / temperature));
        var operands = new ArrayList<>(projected.subList(1, projected.size()));
        operands.add(size);
        return context.map(
                name + "_scores",
                Scalars.divide(together, Scalars.arg(projected.size())),
                projected.getFirst(),
                operands.toArray(Value[]::new));
    }

    private Value square(int i, Value update) {
        TensorType space = update.type().withElement(update.type().element().statistic());
        var over = to.stream().map(Dim::name).toList();
        ScalarExpr square = Scalars.multiply(Scalars.arg(0), Scalars.arg(0));
        return context.builder().one(name + "_square_" + i, new MapReduce(square, space, over, Splitting.SUM), update);
    }

    private static ScalarExpr sum(int first, int count) {
        ScalarExpr sum = Scalars.arg(first);
        for (int i = first + 1; i < first + count; i++) {
            sum = Scalars.add(sum, Scalars.arg(i));
        }
        return sum;
    }

    private Value overGates(String what, ScalarExpr expr, TensorType space, Splitting reduction, Value... reads) {
        return context.builder()
                .one(name + "_" + what, new MapReduce(expr, space, List.of(Names.MIXED), reduction), reads);
    }
}
