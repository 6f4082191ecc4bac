package dev.dovetail.backends.cpu.check;

import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.SpaceElements;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.scalar.ScalarEvaluator;
import java.util.ArrayList;
import java.util.Collections;
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
        var operands = new ArrayList<>(Collections.nCopies(4, gradient));
        operands.set(AdamW.PARAMETER, before.get(0));
        operands.set(AdamW.FIRST_MOMENT, before.get(1));
        operands.set(AdamW.SECOND_MOMENT, before.get(2));
        var elements = new SpaceElements(IndexSpace.over(gradient.type().dims()), operands, environment);
        return rule.outputs().stream()
                .map(output -> new DoubleTensor(gradient.type(), ScalarEvaluator.evaluate(output, elements)))
                .toList();
    }
}
