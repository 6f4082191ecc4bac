package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Element by element: maps, accumulation into a gradient, and the AdamW update, all limited by memory. */
public final class MapFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return switch (task) {
            case KernelTask.Operator o -> o.op() instanceof MapOp;
            case KernelTask.Accumulate a -> true;
            case KernelTask.Update u -> true;
        };
    }

    @Override
    public String label(KernelTask task) {
        return switch (task) {
            case KernelTask.Operator o -> "Map";
            case KernelTask.Accumulate a -> "Accumulate";
            case KernelTask.Update u -> "AdamW";
        };
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.results().getFirst());
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        KernelFrame frame = KernelFrame.of(task);
        int lanes = target.lanes(frame.element());
        MapLoops loops = loops(task, frame, lanes);
        Function part = loops.part();
        Function launch = Code.function(
                "run",
                "Shares rows among the workers.",
                frame.parameters(),
                code -> code.parallel(loops.extent(), part, frame.arguments()));
        String choice = loops.nest().dims().size() <= 1
                ? "one contiguous row in pieces of 4096 elements, so that workers share it evenly"
                : "a row per step of the outer dims; the innermost dim fills vectors";
        return new LoopKernel(frame.element(), lanes, List.of("loops: " + choice), List.of(), launch, List.of(part));
    }

    private static MapLoops loops(KernelTask task, KernelFrame frame, int lanes) {
        return switch (task) {
            case KernelTask.Operator(MapOp map, var operands) ->
                MapLoops.of(frame, lanes, List.of(map.expr()), frame.operands(), operands, frame.results(), map.type());
            case KernelTask.Operator o -> throw new IllegalArgumentException("not a map: " + o.op());
            case KernelTask.Accumulate a ->
                MapLoops.of(
                        frame,
                        lanes,
                        List.of(Scalars.add(Scalars.arg(0), Scalars.arg(1))),
                        List.of(frame.result(0), frame.operand(0)),
                        List.of(a.type(), a.type()),
                        frame.results(),
                        a.type());
            case KernelTask.Update u -> update(u, frame, lanes);
        };
    }

    private static MapLoops update(KernelTask.Update update, KernelFrame frame, int lanes) {
        Buffer[] reads = new Buffer[4];
        reads[AdamW.PARAMETER] = frame.result(0);
        reads[AdamW.GRADIENT] = frame.operand(0);
        reads[AdamW.FIRST_MOMENT] = frame.result(1);
        reads[AdamW.SECOND_MOMENT] = frame.result(2);
        TensorType type = update.type();
        return MapLoops.of(
                frame,
                lanes,
                update.rule().outputs(),
                List.of(reads),
                List.of(type, type, type, type),
                frame.results(),
                type);
    }
}
