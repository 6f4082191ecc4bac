package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.LoopKernel;

/** Builds the loops of the tasks it takes. */
public interface KernelFamily {

    boolean takes(KernelTask task);

    /** The kernel's loops, specialised to the task's shapes; its launch parameters follow the task's signature. */
    LoopKernel build(KernelTask task, CpuTarget target);

    /** First part of the names of its kernels, such as {@code MatMul}. */
    String label(KernelTask task);

    /** The shape part of a kernel's name, such as {@code 4096x128x512}. */
    String shape(KernelTask task);
}
