package dev.dovetail.driver;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** Copies and launches of one device in the order they were asked for. Offsets and lengths are bytes. */
public final class CudaStream {
    /** A buffer of Java's holds no more than an int counts. */
    private static final long LARGEST_COPY = 1L << 30;

    private static final int WORD = Long.BYTES;
    private static final int MOST_WORDS = 64;

    private final CUstream stream = new CUstream();
    private final ByteBuffer words =
            ByteBuffer.allocateDirect(MOST_WORDS * WORD).order(ByteOrder.nativeOrder());
    private final List<Pointer> wordAt = new ArrayList<>();

    CudaStream() {
        DriverCalls.check("cuStreamCreate", JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        Pointer start = Pointer.to(words);
        for (int i = 0; i < MOST_WORDS; i++) {
            wordAt.add(start.withByteOffset((long) i * WORD));
        }
    }

    /** Copies all of {@code source} to the device; the source may change once this returns. */
    public void copyIn(MemorySegment source, CudaMemory target, long offset) {
        for (long at = 0; at < source.byteSize(); at += LARGEST_COPY) {
            MemorySegment part = source.asSlice(at, Math.min(LARGEST_COPY, source.byteSize() - at));
            // Memory that is not pinned is staged before the call returns (CUDA Driver API 13.0, "API synchronization
            // behavior"), so nothing is waited for.
            DriverCalls.check(
                    "cuMemcpyHtoDAsync(" + part.byteSize() + " bytes)",
                    JCudaDriver.cuMemcpyHtoDAsync(
                            target.at(offset + at), Pointer.to(part.asByteBuffer()), part.byteSize(), stream));
        }
    }

    /** Fills {@code target} from the device, after everything asked for before. */
    public void copyOut(CudaMemory source, long offset, MemorySegment target) {
        for (long at = 0; at < target.byteSize(); at += LARGEST_COPY) {
            MemorySegment part = target.asSlice(at, Math.min(LARGEST_COPY, target.byteSize() - at));
            DriverCalls.check(
                    "cuMemcpyDtoHAsync(" + part.byteSize() + " bytes)",
                    JCudaDriver.cuMemcpyDtoHAsync(
                            Pointer.to(part.asByteBuffer()), source.at(offset + at), part.byteSize(), stream));
        }
        synchronize();
    }

    /** Copies within the device's memory; the two stretches do not overlap. */
    public void copy(CudaMemory source, long from, CudaMemory target, long to, long bytes) {
        DriverCalls.check(
                "cuMemcpyDtoDAsync(" + bytes + " bytes)",
                JCudaDriver.cuMemcpyDtoDAsync(target.at(to), source.at(from), bytes, stream));
    }

    public void fill(CudaMemory memory, long offset, long bytes, byte value) {
        DriverCalls.check(
                "cuMemsetD8Async(" + bytes + " bytes)",
                JCudaDriver.cuMemsetD8Async(memory.at(offset), value, bytes, stream));
    }

    /**
     * Launches a kernel without waiting for it.
     *
     * @param grid blocks along x, y and z
     * @param threads of each one-dimensional block
     * @param memory the kernel's first parameter
     * @param parameters the others, 8 bytes each: whole numbers, or the bits of doubles
     */
    public void launch(CudaModule.Function function, int[] grid, int threads, CudaMemory memory, long[] parameters) {
        var all = new Pointer[1 + parameters.length];
        all[0] = memory.parameter();
        for (int i = 0; i < parameters.length; i++) {
            words.putLong(i * WORD, parameters[i]);
            all[1 + i] = wordAt.get(i);
        }
        DriverCalls.check(
                "cuLaunchKernel(" + function.name() + ")",
                JCudaDriver.cuLaunchKernel(
                        function.handle(), grid[0], grid[1], grid[2], threads, 1, 1, 0, stream, Pointer.to(all), null));
    }

    /** Waits until everything asked for has ended; throws where something failed. */
    public void synchronize() {
        DriverCalls.check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(stream));
    }

    /** Milliseconds the device spends on what {@code launches} launches here, measured by events. */
    public double milliseconds(Runnable launches) {
        var start = new CUevent();
        var end = new CUevent();
        DriverCalls.check("cuEventCreate", JCudaDriver.cuEventCreate(start, 0));
        DriverCalls.check("cuEventCreate", JCudaDriver.cuEventCreate(end, 0));
        DriverCalls.check("cuEventRecord", JCudaDriver.cuEventRecord(start, stream));
        launches.run();
        DriverCalls.check("cuEventRecord", JCudaDriver.cuEventRecord(end, stream));
        DriverCalls.check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(end));
        float[] elapsed = new float[1];
        DriverCalls.check("cuEventElapsedTime", JCudaDriver.cuEventElapsedTime(elapsed, start, end));
        DriverCalls.check("cuEventDestroy", JCudaDriver.cuEventDestroy(start));
        DriverCalls.check("cuEventDestroy", JCudaDriver.cuEventDestroy(end));
        return elapsed[0];
    }

    void destroy() {
        JCudaDriver.cuStreamDestroy(stream);
    }
}
