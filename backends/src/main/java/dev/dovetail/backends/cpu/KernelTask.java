package dev.dovetail.backends.cpu;

import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** What one kernel computes, for operands of given types: what a kernel is keyed by. */
public sealed interface KernelTask {

    List<TensorType> operands();

    List<TensorType> results();

    /** Floating-point operations at the bound of every dim. */
    double flops();

    /** Bytes moved when every operand and result crosses memory once. */
    double bytes();

    /** A core operator; results are written, never read, except where the operator says in place. */
    record Operator(Op op, List<TensorType> operands) implements KernelTask {
        public Operator {
            operands = List.copyOf(operands);
        }

        @Override
        public List<TensorType> results() {
            return op.results(operands);
        }

        @Override
        public double flops() {
            return op.flops(operands);
        }

        @Override
        public double bytes() {
            return op.bytes(operands);
        }
    }

    /** result += operand: gradients of micro-batches add up in place. */
    record Accumulate(TensorType type) implements KernelTask {
        @Override
        public List<TensorType> operands() {
            return List.of(type);
        }

        @Override
        public List<TensorType> results() {
            return List.of(type);
        }

        @Override
        public double flops() {
            return type.elements();
        }

        @Override
        public double bytes() {
            return 3.0 * type.bytes();
        }
    }

    /** One AdamW step in place. Operand: the gradient. Results, read and written: parameter, first moment, second moment. */
    record Update(AdamW rule, TensorType type) implements KernelTask {
        @Override
        public List<TensorType> operands() {
            return List.of(type);
        }

        @Override
        public List<TensorType> results() {
            return List.of(type, type, type);
        }

        @Override
        public double flops() {
            return rule.outputs().stream().mapToDouble(e -> e.operations()).sum() * type.elements();
        }

        @Override
        public double bytes() {
            return 7.0 * type.bytes();
        }
    }
}
