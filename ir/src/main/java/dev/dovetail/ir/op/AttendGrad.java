package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.AttentionReference;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Gradient of {@link Attend}; scores are computed again from q, k and the saved log-sum. Operands: do, q, k, v, o, log-sum.
 * Results: dq, dk, dv.
 */
public record AttendGrad(AttentionPattern pattern) implements Op {

    @Override
    public String label() {
        return "attend_grad";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        return operands.subList(1, 4);
    }

    /** Five products: recomputed scores, dq and dk over elements of keys, dv and the scores' gradient over those of values. */
    @Override
    public double flops(List<TensorType> operands) {
        double products =
                3.0 * operands.get(1).elements() + 2.0 * operands.get(0).elements();
        return 2 * products * operands.get(2).dim(pattern.keys()).bound();
    }

    @Override
    public Splitting splitting(String dim) {
        return new Attend(pattern).splitting(dim);
    }

    @Override
    public List<Integer> wholeOperands(String dim) {
        return dim.equals(pattern.queries()) ? List.of(2, 3) : List.of();
    }

    @Override
    public List<Integer> wholeResults(String dim) {
        return dim.equals(pattern.queries()) ? List.of(1, 2) : List.of();
    }

    @Override
    public Op shard(String dim, String shardStart) {
        if (dim.equals(pattern.queries())) {
            return new AttendGrad(pattern.withStart(shardStart));
        }
        return dim.equals(AttentionPattern.HEADS) && pattern.alibiHeads() > 0
                ? new AttendGrad(pattern.withHeadStart(shardStart))
                : this;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        throw new IllegalStateException("second derivatives are not taken");
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        return new AttentionReference(pattern, environment).backward(operands);
    }
}
