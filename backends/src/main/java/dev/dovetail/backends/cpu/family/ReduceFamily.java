package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.MapReduce;
import java.util.List;

/** Sums and maxima of element expressions over some dims of a space. */
public final class ReduceFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof MapReduce;
    }

    @Override
    public String label(KernelTask task) {
        return "Reduce";
    }

    @Override
    public String shape(KernelTask task) {
        MapReduce reduce = reduce(task);
        return Shapes.of(reduce.space()) + "_over_" + String.join("_", reduce.over());
    }

    private static MapReduce reduce(KernelTask task) {
        if (task instanceof KernelTask.Operator(MapReduce reduce, var operands)) {
            return reduce;
        }
        throw new IllegalArgumentException("not a reduction: " + task);
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        KernelFrame frame = KernelFrame.of(task);
        int lanes = target.lanes(frame.element());
        ReduceLoops loops = ReduceLoops.of(frame, lanes, reduce(task));
        Function part = loops.part();
        Function launch = Code.function(
                "run",
                "Shares the results among the workers.",
                frame.parameters(),
                code -> code.parallel(loops.extent(), part, frame.arguments()));
        return new LoopKernel(
                frame.element(), lanes, List.of("loops: " + loops.choice()), List.of(), launch, List.of(part));
    }
}
