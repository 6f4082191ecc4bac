package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.AttendGrad;

/** Attention's gradient: weights are computed again, a block of queries at a time; keys and values gather in scratch. */
public final class AttendGradFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof AttendGrad;
    }

    @Override
    public String label(KernelTask task) {
        return "AttendGrad";
    }

    @Override
    public String shape(KernelTask task) {
        var operands = task.operands();
        String values = operands.get(2).equals(operands.get(3)) ? "" : "_values_" + Shapes.of(operands.get(3));
        return Shapes.of(operands.get(1)) + "_keys_" + Shapes.of(operands.get(2)) + values;
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(AttendGrad grad, var operands))) {
            throw new IllegalArgumentException("not attention's gradient: " + task);
        }
        var shape = AttentionShape.of(grad.pattern(), operands.get(1), operands.get(2), target);
        var values = AttentionShape.of(grad.pattern(), operands.get(0), operands.get(3), target);
        return new AttendGradLoops(KernelFrame.of(task), shape, values).kernel();
    }
}
