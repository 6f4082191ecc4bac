package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * One core operator, with everything that hangs off it: its shape rule, cost, how its dims may be split, its derivative and
 * its plain float64 meaning. Blocks expand into these; nothing else is planned, differentiated, partitioned or generated.
 *
 * <p>The set is closed: a new operator is a list of compile errors in the kernel backends. Collectives are {@link
 * Communication}, and appear only after partitioning.
 */
public sealed interface Op
        permits MatMul,
                MapOp,
                MapReduce,
                Normalize,
                NormalizeGrad,
                Attend,
                AttendGrad,
                Rotate,
                Gather,
                ScatterAdd,
                CacheWrite,
                Route,
                Dispatch,
                Combine,
                GateGrad,
                Join,
                Part,
                Shift,
                Scan,
                Regroup,
                Communication {

    /** Launch symbol: what a step scales the sum of all tokens' losses by. */
    String LOSS_SCALE = "loss_scale";

    /** A short stable name, such as {@code matmul}, used in printed graphs and kernel names. */
    String label();

    /** Result types for these operand types; throws {@link ShapeException} where they do not fit. */
    List<TensorType> results(List<TensorType> operands);

    /** Floating-point operations at the bound of every dim; a multiply-add counts as two. */
    double flops(List<TensorType> operands);

    /** Bytes read and written when every operand and result crosses memory once. */
    default double bytes(List<TensorType> operands) {
        double read = operands.stream().mapToDouble(TensorType::bytes).sum();
        return read + results(operands).stream().mapToDouble(TensorType::bytes).sum();
    }

    /** What splitting {@code dim} over ranks does to this operator. */
    Splitting splitting(String dim);

    /**
     * The operator one rank runs when {@code dim} is split. Most are unchanged; those that look at positions along the dim
     * read the shard's first position from the launch symbol {@code shardStart}.
     */
    default Op shard(String dim, String shardStart) {
        return this;
    }

    /** Operands, by number, that every rank needs whole though it runs split along {@code dim}. */
    default List<Integer> wholeOperands(String dim) {
        return List.of();
    }

    /** Results, by number, of which every rank makes a part of all, though they have the {@code dim} it runs split along. */
    default List<Integer> wholeResults(String dim) {
        return List.of();
    }

    /** The same operator where dim {@code name} has another extent; only operators that carry types of their own change. */
    default Op withExtent(String name, Extent extent) {
        return this;
    }

    /** Emits the gradients of the operands; empty where an operand has none (integers, constants). */
    List<Optional<Value>> backward(BackwardContext context);

    /** Whether the operator gives its operands gradients of its own, beside what flows in: a loss of its own. */
    default boolean hasOwnLoss() {
        return false;
    }

    /** Evaluates the operator in float64, plainly. */
    List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment);

    /** True for operators whose output is cheap to recompute next to the memory it holds (attention's core). */
    default boolean isAttentionCore() {
        return false;
    }
}
