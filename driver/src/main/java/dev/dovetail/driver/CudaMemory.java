package dev.dovetail.driver;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** Bytes on a device; freed with it, or early. */
public final class CudaMemory implements AutoCloseable {
    private final CUdeviceptr pointer = new CUdeviceptr();
    private final Pointer parameter = Pointer.to(pointer);
    private final long bytes;
    private boolean freed;

    CudaMemory(long bytes) {
        this.bytes = bytes;
        DriverCalls.check("cuMemAlloc(" + bytes + " bytes)", JCudaDriver.cuMemAlloc(pointer, bytes));
    }

    public long bytes() {
        return bytes;
    }

    CUdeviceptr at(long offset) {
        return pointer.withByteOffset(offset);
    }

    /** As a kernel's parameter. */
    Pointer parameter() {
        return parameter;
    }

    @Override
    public void close() {
        if (!freed) {
            freed = true;
            DriverCalls.check("cuMemFree", JCudaDriver.cuMemFree(pointer));
        }
    }
}
