package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.MatMul;

/** Matrix products of any layout: named dims are grouped into batch, rows, columns and depth. */
public final class MatMulFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof MatMul;
    }

    @Override
    public String label(KernelTask task) {
        return "MatMul";
    }

    @Override
    public String shape(KernelTask task) {
        return shapeOf(task).text();
    }

    private static MatMulShape shapeOf(KernelTask task) {
        if (task instanceof KernelTask.Operator(MatMul op, var operands)) {
            return MatMulShape.of(op, operands.get(0), operands.get(1));
        }
        throw new IllegalArgumentException("not a matrix product: " + task);
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        KernelFrame frame = KernelFrame.of(task);
        MatMulShape shape = shapeOf(task);
        MatMulTiles tiles = MatMulTiles.of(target, frame.element(), shape);
        return new PackedMatMul(frame, shape, tiles).kernel();
    }
}
