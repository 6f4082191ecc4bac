package dev.dovetail.runtime.cuda;

import dev.dovetail.driver.CudaDevice;
import dev.dovetail.driver.CudaMemory;
import dev.dovetail.driver.CudaModule;
import dev.dovetail.driver.CudaStream;
import dev.dovetail.runtime.memory.DeviceMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** One rank's share of a GPU: an arena, the job's kernels, and a stream of its own. */
final class CudaRankMemory implements DeviceMemory {
    private final CudaDevice device;
    private final CudaModule module;
    private final CudaStream stream;
    private final CudaMemory memory;
    private final Map<String, CudaModule.Function> functions = new HashMap<>();
    private Arena stagingArena = Arena.ofShared();
    private MemorySegment staging = MemorySegment.NULL;

    CudaRankMemory(CudaDevice device, CudaModule module, long bytes) {
        this.device = device;
        this.module = module;
        this.stream = device.stream();
        this.memory = device.allocate(Math.max(bytes, 1));
        stream.fill(memory, 0, memory.bytes(), (byte) 0);
    }

    @Override
    public long byteSize() {
        return memory.bytes();
    }

    @Override
    public void launch(String entry, int gridX, int gridY, int gridZ, int threads, long... parameters) {
        CudaModule.Function function = functions.computeIfAbsent(entry, module::function);
        stream.launch(function, new int[] {gridX, gridY, gridZ}, threads, memory, parameters);
    }

    @Override
    public void read(long offset, MemorySegment target) {
        stream.copyOut(memory, offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) {
        stream.copyIn(source.isNative() ? source : staged(source), memory, offset);
    }

    private MemorySegment staged(MemorySegment source) {
        return staging(source.byteSize()).copyFrom(source);
    }

    @Override
    public void copy(long from, long to, long bytes) {
        stream.copy(memory, from, memory, to, bytes);
    }

    @Override
    public void zero(long offset, long bytes) {
        if (bytes > 0) {
            stream.fill(memory, offset, bytes, (byte) 0);
        }
    }

    @Override
    public MemorySegment view(long offset, long bytes) {
        MemorySegment bytesHere = staging(bytes);
        stream.copyOut(memory, offset, bytesHere);
        return bytesHere;
    }

    @Override
    public void edit(long offset, long bytes, Consumer<MemorySegment> writer) {
        MemorySegment bytesHere = staging(bytes);
        writer.accept(bytesHere);
        stream.copyIn(bytesHere, memory, offset);
    }

    /** Bytes of this process that copies go through; the same ones each time. */
    @SuppressWarnings("MustBeClosedChecker") // Closed with this memory, or when a larger one takes its place.
    private MemorySegment staging(long bytes) {
        if (staging.byteSize() < bytes) {
            stagingArena.close();
            stagingArena = Arena.ofShared();
            staging = stagingArena.allocate(bytes, 64);
        }
        return staging.asSlice(0, bytes);
    }

    @Override
    public void finish() {
        stream.synchronize();
    }

    @Override
    public void close() {
        stagingArena.close();
        device.close();
    }
}
