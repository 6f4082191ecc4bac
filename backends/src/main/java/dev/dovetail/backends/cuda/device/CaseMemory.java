package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.driver.CudaMemory;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/** Where the tensors of a case lie in device memory, with guards between that nothing may touch. */
record CaseMemory(long[] offsets, long operandBytes, long bytes) {
    private static final int GUARD = 256;

    static CaseMemory of(KernelWork work) {
        int operands = work.operands().size();
        long[] offsets = new long[operands + work.results().size()];
        long next = GUARD;
        long operandBytes = 0;
        for (int i = 0; i < offsets.length; i++) {
            operandBytes = i <= operands ? next : operandBytes;
            int over = i < operands ? KernelWork.FRESH : work.overwrites().get(i - operands);
            if (over != KernelWork.FRESH) {
                offsets[i] = offsets[over];
                continue;
            }
            TensorType type =
                    i < operands ? work.operands().get(i) : work.results().get(i - operands);
            offsets[i] = next;
            next = Math.ceilDiv(next + type.bytes(), GUARD) * (long) GUARD + GUARD;
        }
        return new CaseMemory(offsets, operandBytes, next);
    }

    MemorySegment slice(MemorySegment memory, int index, TensorType type) {
        return memory.asSlice(offsets[index], type.bytes());
    }

    MemorySegment operand(MemorySegment memory, KernelWork work, int index) {
        return slice(memory, index, work.operands().get(index));
    }

    MemorySegment result(MemorySegment memory, KernelWork work, int index) {
        return slice(memory, work.operands().size() + index, work.results().get(index));
    }

    /** Copies {@code before} to the device, launches once and copies everything to {@code after}. */
    void run(
            KernelDevice device,
            KernelDevice.Loaded loaded,
            MemorySegment before,
            MemorySegment after,
            Map<String, Double> symbols) {
        CudaMemory memory = device.allocate(bytes);
        try {
            device.copyIn(before, memory);
            device.launch(loaded, memory, offsets, symbols);
            device.synchronize();
            device.copyOut(memory, after);
        } finally {
            memory.close();
        }
    }
}
