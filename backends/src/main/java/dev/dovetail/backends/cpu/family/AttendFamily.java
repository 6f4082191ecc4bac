package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.Attend;

/** Attention: scores, weights and outputs of a block of queries at a time, in scratch. */
public final class AttendFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Attend;
    }

    @Override
    public String label(KernelTask task) {
        return "Attend";
    }

    @Override
    public String shape(KernelTask task) {
        var operands = task.operands();
        String values = operands.get(1).equals(operands.get(2)) ? "" : "_values_" + Shapes.of(operands.get(2));
        String sinks = operands.size() > 3 ? "_sinks" : "";
        return Shapes.of(operands.get(0)) + "_keys_" + Shapes.of(operands.get(1)) + values + sinks;
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(Attend attend, var operands))) {
            throw new IllegalArgumentException("not attention: " + task);
        }
        var shape = AttentionShape.of(attend.pattern(), operands.get(0), operands.get(1), target);
        var values = AttentionShape.of(attend.pattern(), task.results().getFirst(), operands.get(2), target);
        return new AttendLoops(KernelFrame.of(task), shape, values).kernel();
    }
}
