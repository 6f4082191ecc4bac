package dev.dovetail.backends.cuda;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.SpaceElements;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.scalar.ScalarEvaluator;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** What a kernel computes, with the types its tensors are stored in. */
public sealed interface KernelWork {

    /** A short stable word, such as {@code matmul}. */
    String label();

    List<TensorType> operands();

    List<TensorType> results();

    /** The elementwise arithmetic it contains, where it has some. */
    List<ScalarExpr> expressions();

    /** For each result the operand it is written over, by index; {@link #FRESH} where it has memory of its own. */
    List<Integer> overwrites();

    int FRESH = -1;

    /** Floating-point operations at the bound of every dim. */
    double flops();

    /** Bytes read and written when every operand and result crosses memory once. */
    double bytes();

    /** The plain float64 meaning. */
    List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment);

    /** A core operator; result types may be stored otherwise than {@link Op#results} proposes, dims are the same. */
    record OperatorWork(Op op, List<TensorType> operands, List<TensorType> results) implements KernelWork {

        public OperatorWork {
            operands = List.copyOf(operands);
            results = List.copyOf(results);
            var proposed = op.results(operands);
            for (int i = 0; i < Math.max(proposed.size(), results.size()); i++) {
                if (proposed.size() != results.size()
                        || !proposed.get(i).dims().equals(results.get(i).dims())) {
                    throw new IllegalArgumentException(
                            op.label() + " of " + operands + " gives " + proposed + ", not " + results);
                }
            }
        }

        /** The operator with the result types it proposes. */
        public static OperatorWork of(Op op, TensorType... operands) {
            return new OperatorWork(op, List.of(operands), op.results(List.of(operands)));
        }

        @Override
        public String label() {
            return op.label();
        }

        @Override
        public List<Integer> overwrites() {
            return op instanceof CacheWrite
                    ? List.of(0)
                    : results.stream().map(result -> FRESH).toList();
        }

        @Override
        public List<ScalarExpr> expressions() {
            return op instanceof MapOp map
                    ? List.of(map.expr())
                    : op instanceof MapReduce reduce ? List.of(reduce.expr()) : List.of();
        }

        @Override
        public double flops() {
            return op.flops(operands);
        }

        @Override
        public double bytes() {
            return op.bytes(operands);
        }

        @Override
        public List<DoubleTensor> reference(List<DoubleTensor> values, ReferenceEnvironment environment) {
            return op.reference(values, environment);
        }
    }

    /**
     * Several elementwise results at once, each an expression of all operands, usually written over some of them: adding a
     * gradient to its total, an optimizer's step.
     */
    record UpdateWork(
            String label,
            List<ScalarExpr> expressions,
            List<TensorType> operands,
            List<TensorType> results,
            List<Integer> overwrites)
            implements KernelWork {

        public UpdateWork {
            expressions = List.copyOf(expressions);
            operands = List.copyOf(operands);
            results = List.copyOf(results);
            overwrites = List.copyOf(overwrites);
            if (expressions.size() != results.size() || overwrites.size() != results.size() || results.isEmpty()) {
                throw new IllegalArgumentException(
                        label + " has " + expressions.size() + " expressions for results " + results);
            }
            for (TensorType type : results) {
                if (!type.dims().equals(results.getFirst().dims())) {
                    throw new IllegalArgumentException(label + " writes unequal shapes " + results);
                }
            }
        }

        /** {@code total += increment}; operands increment and total, result total. */
        public static UpdateWork accumulate(TensorType increment, TensorType total) {
            return new UpdateWork(
                    "accumulate",
                    List.of(Scalars.add(Scalars.arg(1), Scalars.arg(0))),
                    List.of(increment, total),
                    List.of(total),
                    List.of(1));
        }

        /**
         * One AdamW step on {@code elements} parameters in place.
         *
         * <p>Operands: the weights the optimizer is exact about (its master copy where it keeps one), the gradient, both
         * moments. Results: the weights the model computes with, the master copy where there is one, both moments.
         */
        public static UpdateWork adamW(AdamW rule, Precision precision, long elements) {
            Dim flat = Dim.of("parameters", elements);
            TensorType exact = TensorType.of(precision.master(), flat);
            TensorType moment = TensorType.of(precision.state(), flat);
            var expressions = new ArrayList<>(rule.outputs());
            var results = new ArrayList<>(List.of(exact, moment, moment));
            var overwrites = new ArrayList<>(List.of(AdamW.PARAMETER, AdamW.FIRST_MOMENT, AdamW.SECOND_MOMENT));
            if (precision.hasMaster()) {
                expressions.addFirst(rule.parameter());
                results.addFirst(TensorType.of(precision.compute(), flat));
                overwrites.addFirst(FRESH);
            }
            return new UpdateWork(
                    "adamw",
                    expressions,
                    List.of(exact, TensorType.of(precision.gradient(), flat), moment, moment),
                    results,
                    overwrites);
        }

        @Override
        public double flops() {
            return expressions.stream().mapToInt(ScalarExpr::operations).sum()
                    * (double) results.getFirst().elements();
        }

        @Override
        public double bytes() {
            return CudaSignature.types(this).stream()
                    .mapToDouble(TensorType::bytes)
                    .sum();
        }

        @Override
        public List<DoubleTensor> reference(List<DoubleTensor> values, ReferenceEnvironment environment) {
            var outputs = new ArrayList<DoubleTensor>();
            for (int i = 0; i < results.size(); i++) {
                var elements = new SpaceElements(IndexSpace.over(results.get(i).dims()), values, environment);
                outputs.add(new DoubleTensor(results.get(i), ScalarEvaluator.evaluate(expressions.get(i), elements)));
            }
            return outputs;
        }
    }
}
