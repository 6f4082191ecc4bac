package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.AttentionReference;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Scaled dot-product attention without a stored score matrix (FlashAttention, Dao et al. 2022, arXiv:2205.14135).
 *
 * <p>Operands: q [queries, batch, heads, head_dim]; k and v [keys, batch, kv_heads, head_dim]. Results: o like q; the
 * logarithm of each row's sum of exponentials [queries, batch, heads].
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
        long heads = q.dim(AttentionPattern.HEADS).bound();
        long kvHeads = k.dim(AttentionPattern.KV_HEADS).bound();
        if (heads % kvHeads != 0) {
            throw new ShapeException(
                    "attention: " + heads + " query heads do not share " + kvHeads + " KV heads evenly");
        }
        if (!k.equals(operands.get(2))
                || k.dim(AttentionPattern.HEAD_DIM).bound()
                        != q.dim(AttentionPattern.HEAD_DIM).bound()) {
            throw new ShapeException("attention of q " + q + ", k " + k + ", v " + operands.get(2));
        }
        TensorType logSum = q.without(List.of(AttentionPattern.HEAD_DIM));
        return List.of(q, logSum.withElement(q.element().statistic()));
    }

    /** 4 · queries · keys · head_dim per head: the full square, as the papers count; skipped causal blocks are not deducted. */
    @Override
    public double flops(List<TensorType> operands) {
        return 4.0
                * operands.get(0).elements()
                * operands.get(1).dim(pattern.keys()).bound();
    }

    @Override
    public Splitting splitting(String dim) {
        boolean whole =
                dim.equals(pattern.queries()) || dim.equals(pattern.keys()) || dim.equals(AttentionPattern.HEAD_DIM);
        return whole ? Splitting.WHOLE : Splitting.SUM;
    }

    @Override
    public Op shard(String dim, String shardStart) {
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
        return context.emit(new AttendGrad(pattern), reads.toArray(Value[]::new)).stream()
                .map(Optional::of)
                .toList();
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        return new AttentionReference(pattern, environment).forward(operands);
    }
}
