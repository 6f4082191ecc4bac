package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.AttentionReference;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Scaled dot-product attention without a stored score matrix (FlashAttention, Dao et al. 2022, arXiv:2205.14135).
 *
 * <p>Operands: q [queries, batch, heads, head_dim]; k [keys, batch, kv_heads, head_dim]; v like k, where its head_dim may be
 * another; optionally sinks [heads], one score more in each row's sum that no value answers to (Xiao et al. 2023,
 * arXiv:2309.17453, learned as in gpt-oss). k and v without kv_heads serve all heads. Results: o like q, with the head_dim of
 * v; the logarithm of each row's sum of exponentials [queries, batch, heads], the sink among them.
 */
public record Attend(AttentionPattern pattern) implements Op {

    @Override
    public String label() {
        return "attend";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType q = operands.get(0);
        TensorType k = operands.get(1);
        TensorType v = operands.get(2);
        long heads = q.dim(AttentionPattern.HEADS).bound();
        long kvHeads = AttentionPattern.kvHeads(k);
        if (heads % kvHeads != 0) {
            throw new ShapeException(
                    "attention: " + heads + " query heads do not share " + kvHeads + " KV heads evenly");
        }
        var perElement = List.of(AttentionPattern.HEAD_DIM);
        if (!k.without(perElement).equals(v.without(perElement)) || headDim(k) != headDim(q)) {
            throw new ShapeException("attention of q " + q + ", k " + k + ", v " + v);
        }
        TensorType o = q.withExtent(
                AttentionPattern.HEAD_DIM, v.dim(AttentionPattern.HEAD_DIM).extent());
        TensorType logSum = q.without(perElement);
        return List.of(o, logSum.withElement(q.element().statistic()));
    }

    private static long headDim(TensorType type) {
        return type.dim(AttentionPattern.HEAD_DIM).bound();
    }

    /**
     * 2 · queries · keys per head and element of a key and of a value: the full square, as the papers count; skipped causal
     * blocks are not deducted.
     */
    @Override
    public double flops(List<TensorType> operands) {
        double both = operands.get(0).elements() + results(operands).getFirst().elements();
        return 2.0 * both * operands.get(1).dim(pattern.keys()).bound();
    }

    /** Split along the queries, each rank sees all keys and needs to know where its queries begin. */
    @Override
    public Splitting splitting(String dim) {
        boolean apart = pattern.causal() && pattern.start().isEmpty();
        boolean whole = (dim.equals(pattern.queries())
                        && (!apart || pattern.mirrored() && pattern.start().isPresent()))
                || (dim.equals(pattern.keys()) && !pattern.keys().equals(pattern.queries()))
                || dim.equals(AttentionPattern.HEAD_DIM);
        return whole ? Splitting.WHOLE : Splitting.SUM;
    }

    @Override
    public List<Integer> wholeOperands(String dim) {
        return dim.equals(pattern.queries()) ? List.of(1, 2) : List.of();
    }

    @Override
    public Op shard(String dim, String shardStart) {
        if (dim.equals(pattern.queries())) {
            return new Attend(pattern.withStart(shardStart));
        }
        return dim.equals(AttentionPattern.HEADS) && pattern.alibiHeads() > 0
                ? new Attend(pattern.withHeadStart(shardStart))
                : this;
    }

    @Override
    public boolean isAttentionCore() {
        return true;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        var reads = new ArrayList<Value>(List.of(context.gradient(0).orElseThrow()));
        for (int i = 0; i < 3; i++) {
            reads.add(context.operand(i));
        }
        reads.add(context.result(0));
        reads.add(context.result(1));
        var gradients = new ArrayList<Optional<Value>>();
        context.emit(new AttendGrad(pattern), reads.toArray(Value[]::new)).forEach(g -> gradients.add(Optional.of(g)));
        if (context.operandCount() > 3) {
            gradients.add(Optional.of(sinkGradient(context, reads.getFirst())));
        }
        return gradients;
    }

    /** Whatever weight a sink takes, it takes from a row's output: d sink = -Σ exp(sink - log-sum) · (do · o). */
    private static Value sinkGradient(BackwardContext context, Value gradient) {
        Value o = context.result(0);
        Value sink = context.operand(3);
        ScalarExpr share = Scalars.exp(Scalars.subtract(Scalars.arg(0), Scalars.arg(1)));
        ScalarExpr taken = Scalars.multiply(share, Scalars.multiply(Scalars.arg(2), Scalars.arg(3)));
        var over = o.type().names().stream()
                .filter(name -> !name.equals(AttentionPattern.HEADS))
                .toList();
        TensorType space = o.type().withElement(sink.type().element());
        var reduce = new MapReduce(Scalars.unary(ScalarExpr.UnaryKind.NEGATE, taken), space, over, Splitting.SUM);
        return context.emitOne(reduce, sink, context.result(1), gradient, o);
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        return new AttentionReference(pattern, environment).forward(operands);
    }
}
