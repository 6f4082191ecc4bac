package dev.dovetail.backends.cpu.check;

import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.scalar.ScalarEvaluator;
import java.util.ArrayList;
import java.util.List;

/** The float64 meaning of a task. */
final class TaskReference {
    private TaskReference() {}

    /**
     * Results from operands and from what the results held before.
     *
     * @param before previous content of the results; read only by tasks that work in place
     */
    static List<DoubleTensor> evaluate(
            KernelTask task, List<DoubleTensor> operands, List<DoubleTensor> before, ReferenceEnvironment environment) {
        return switch (task) {
            case KernelTask.Operator o -> o.op().reference(operands, environment);
            case KernelTask.Accumulate a -> List.of(sum(before.getFirst(), operands.getFirst()));
            case KernelTask.Update u -> update(u.rule(), operands.getFirst(), before, environment);
        };
    }

    private static DoubleTensor sum(DoubleTensor a, DoubleTensor b) {
        double[] values = a.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] += b.values()[i];
        }
        return new DoubleTensor(a.type(), values);
    }

    private static List<DoubleTensor> update(
            AdamW rule, DoubleTensor gradient, List<DoubleTensor> before, ReferenceEnvironment environment) {
        var results = new ArrayList<DoubleTensor>();
        var outputs = rule.outputs();
        for (int r = 0; r < outputs.size(); r++) {
            double[] values = new double[gradient.values().length];
            var output = ScalarEvaluator.of(outputs.get(r));
            for (int i = 0; i < values.length; i++) {
                values[i] = output.in(new Element(gradient, before, i, environment));
            }
            results.add(new DoubleTensor(gradient.type(), values));
        }
        return results;
    }

    private record Element(DoubleTensor gradient, List<DoubleTensor> before, int at, ReferenceEnvironment environment)
            implements ScalarEvaluator.Environment {
        @Override
        public double arg(int index) {
            return switch (index) {
                case AdamW.PARAMETER -> before.get(0).values()[at];
                case AdamW.GRADIENT -> gradient.values()[at];
                case AdamW.FIRST_MOMENT -> before.get(1).values()[at];
                case AdamW.SECOND_MOMENT -> before.get(2).values()[at];
                default -> throw new IllegalArgumentException("AdamW reads four arguments, not number " + index);
            };
        }

        @Override
        public double indexOf(String dim) {
            throw new IllegalArgumentException("AdamW reads no position along " + dim);
        }

        @Override
        public double symbol(String name) {
            return environment.symbol(name);
        }
    }
}
