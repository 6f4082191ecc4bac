package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.RouteReference;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gives each token of a mixture of experts its experts, and a place in each one's queue (GShard, Lepikhin et al. 2020,
 * arXiv:2006.16668). Operands: scores [sequence, batch, routes], higher first; where balancing needs it, a bias [routes] that
 * is added for the choice alone (Wang et al. 2024, arXiv:2408.15664). Result: I32 like the scores.
 *
 * <p>The result holds the token's place in that expert's queue, {@link #DROPPED} where the queue was full, {@link #UNCHOSEN}
 * elsewhere. A group is one sequence, as in GShard: places are handed out in the order of its positions, so that they depend
 * neither on micro-batches nor on ranks. Equal scores prefer the lower expert.
 *
 * <p>It carries what balances the experts. The loss of each sequence, of N tokens with k choices of E experts, adds w · N ·
 * Σ_e (E · count_e / (N k)) · mean p_e, where p are the scores (GShard's and Switch's auxiliary loss, Fedus et al. 2021,
 * arXiv:2101.03961; 1 · w · N where loads are even). A bias is given the excess of its expert's load, count_e · E / k - N, for
 * a gradient: an optimizer that normalises its steps then moves it against the load at an even pace.
 *
 * @param routes dim of the scores that counts experts
 * @param choices experts of a token
 * @param capacity places of an expert for each sequence
 * @param groups groups of neighbouring experts of which a token may use only some; 1 for no such limit
 * @param keptGroups groups a token may use
 * @param groupVotes how many of a group's best scores are added to rank it: 1 in DeepSeek-V2, 2 in DeepSeek-V3
 * @param balanceLoss w; 0 for no such loss
 */
public record Route(
        String routes, int choices, long capacity, int groups, int keptGroups, int groupVotes, double balanceLoss)
        implements Op {
    /** A token chose the expert, whose queue was full. */
    public static final int DROPPED = -1;

    /** A token did not choose the expert. */
    public static final int UNCHOSEN = -2;

    @Override
    public String label() {
        return "route";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType scores = operands.getFirst();
        boolean last =
                scores.dims().size() == 3 && scores.dims().getLast().name().equals(routes);
        if (!last || scores.dims().getLast().bound() < choices) {
            throw new ShapeException("routing to " + choices + " of " + routes + " by scores " + scores);
        }
        return List.of(scores.withElement(ElementType.I32));
    }

    /** One comparison for each score and choice. */
    @Override
    public double flops(List<TensorType> operands) {
        return (double) operands.getFirst().elements() * choices;
    }

    @Override
    public Splitting splitting(String dim) {
        return dim.equals("batch") ? Splitting.SUM : Splitting.WHOLE;
    }

    @Override
    public boolean hasOwnLoss() {
        return true;
    }

    /** The choice itself has no slope; counts are constants to the balance loss. */
    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        var gradients = new ArrayList<Optional<Value>>();
        gradients.add(balanceLoss > 0 && context.wants(0) ? Optional.of(scoreGradient(context)) : Optional.empty());
        if (context.operandCount() > 1) {
            gradients.add(context.wants(1) ? Optional.of(excess(context)) : Optional.empty());
        }
        return gradients;
    }

    private Value scoreGradient(BackwardContext context) {
        TensorType scores = context.operand(0).type();
        double tokens = scores.dims().getFirst().bound();
        ScalarExpr slope = Scalars.multiply(
                new ScalarExpr.Symbol(LOSS_SCALE),
                Scalars.multiply(Scalars.constant(balanceLoss * experts(scores) / (tokens * choices)), Scalars.arg(0)));
        return context.emitOne(new MapOp(slope, scores), counts(context, scores));
    }

    private Value excess(BackwardContext context) {
        TensorType scores = context.operand(0).type();
        double tokens = scores.dims().getFirst().bound();
        Value counts = counts(context, scores);
        ScalarExpr load = Scalars.multiply(Scalars.constant(experts(scores) / choices), Scalars.arg(0));
        ScalarExpr excess = Scalars.subtract(load, Scalars.constant(tokens));
        var batch = counts.type().names().stream()
                .filter(name -> !name.equals(routes))
                .toList();
        return context.emitOne(
                new MapReduce(
                        Scalars.multiply(new ScalarExpr.Symbol(LOSS_SCALE), excess),
                        counts.type(),
                        batch,
                        Splitting.SUM),
                counts);
    }

    /** How many tokens of each sequence chose an expert, whether it had a place or not: [batch, routes]. */
    private static Value counts(BackwardContext context, TensorType scores) {
        ScalarExpr unchosen = Scalars.binary(ScalarExpr.BinaryKind.LESS, Scalars.arg(0), Scalars.constant(DROPPED));
        ScalarExpr one = Scalars.select(unchosen, Scalars.constant(0), Scalars.constant(1));
        var sequence = List.of(scores.dims().getFirst().name());
        return context.emitOne(new MapReduce(one, scores, sequence, Splitting.SUM), context.result(0));
    }

    private static double experts(TensorType scores) {
        return scores.dims().getLast().bound();
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        return List.of(new RouteReference(this).places(operands));
    }
}
