package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.CudaEntry;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.backends.cuda.compile.CompiledModule;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * One GPU: its memory, its modules, its launches, all through the driver API.
 *
 * <p>Not thread-safe; a device belongs to the thread that opened it.
 */
public final class CudaDevice implements AutoCloseable {
    private static final long COPY_BYTES = 1L << 30;

    private final CUdevice device;
    private final String name;
    private final int capability;
    private final List<CUmodule> modules = new ArrayList<>();
    private final List<Memory> allocations = new ArrayList<>();

    /** Bytes on the device, freed with it. */
    public static final class Memory {
        private final CUdeviceptr pointer = new CUdeviceptr();
        private final long bytes;

        private Memory(long bytes) {
            this.bytes = bytes;
        }

        public long bytes() {
            return bytes;
        }
    }

    /** A kernel whose entries are found on the device. */
    public static final class Loaded {
        private final CudaKernel kernel;
        private final Map<CudaEntry, CUfunction> functions = new LinkedHashMap<>();

        private Loaded(CudaKernel kernel) {
            this.kernel = kernel;
        }

        public CudaKernel kernel() {
            return kernel;
        }
    }

    private CudaDevice(int ordinal) {
        JCudaDriver.setExceptionsEnabled(false);
        check("cuInit", JCudaDriver.cuInit(0));
        device = new CUdevice();
        check("cuDeviceGet(" + ordinal + ")", JCudaDriver.cuDeviceGet(device, ordinal));
        byte[] text = new byte[128];
        check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(text, text.length, device));
        name = new String(text, java.nio.charset.StandardCharsets.UTF_8).trim();
        capability = 10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
                + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        var context = new CUcontext();
        check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        check("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(context));
    }

    /** Opens device {@code ordinal}; ask {@link CudaDriver#probe} first. */
    public static CudaDevice open(int ordinal) {
        return new CudaDevice(ordinal);
    }

    public String name() {
        return name;
    }

    /** Compute capability as in {@code sm_90}: 90. */
    public int capability() {
        return capability;
    }

    private int attribute(int which) {
        int[] value = new int[1];
        check("cuDeviceGetAttribute(" + which + ")", JCudaDriver.cuDeviceGetAttribute(value, which, device));
        return value[0];
    }

    /** Loads a compiled module and finds every entry of {@code kernels} in it. */
    public List<Loaded> load(CompiledModule module, List<CudaKernel> kernels) {
        var loaded = new CUmodule();
        String file = module.file().toString();
        check("cuModuleLoad(" + file + ")", JCudaDriver.cuModuleLoad(loaded, file));
        modules.add(loaded);
        return kernels.stream().map(kernel -> find(loaded, kernel)).toList();
    }

    private static Loaded find(CUmodule module, CudaKernel kernel) {
        var loaded = new Loaded(kernel);
        for (CudaEntry entry : kernel.entries()) {
            var function = new CUfunction();
            check(
                    "cuModuleGetFunction(" + entry.name() + ")",
                    JCudaDriver.cuModuleGetFunction(function, module, entry.name()));
            loaded.functions.put(entry, function);
        }
        return loaded;
    }

    public Memory allocate(long bytes) {
        var memory = new Memory(bytes);
        check("cuMemAlloc(" + bytes + " bytes)", JCudaDriver.cuMemAlloc(memory.pointer, bytes));
        allocations.add(memory);
        return memory;
    }

    /** Copies all of {@code source} to the start of {@code target}. */
    public void copyIn(MemorySegment source, Memory target) {
        for (long at = 0; at < source.byteSize(); at += COPY_BYTES) {
            MemorySegment part = source.asSlice(at, Math.min(COPY_BYTES, source.byteSize() - at));
            check(
                    "cuMemcpyHtoD(" + part.byteSize() + " bytes)",
                    JCudaDriver.cuMemcpyHtoD(
                            target.pointer.withByteOffset(at), Pointer.to(part.asByteBuffer()), part.byteSize()));
        }
    }

    /** Fills {@code target} from the start of {@code source}. */
    public void copyOut(Memory source, MemorySegment target) {
        for (long at = 0; at < target.byteSize(); at += COPY_BYTES) {
            MemorySegment part = target.asSlice(at, Math.min(COPY_BYTES, target.byteSize() - at));
            check(
                    "cuMemcpyDtoH(" + part.byteSize() + " bytes)",
                    JCudaDriver.cuMemcpyDtoH(
                            Pointer.to(part.asByteBuffer()), source.pointer.withByteOffset(at), part.byteSize()));
        }
    }

    /**
     * Launches every entry of a kernel, in order, without waiting. Parameters are as {@code CudaSignature} lists them.
     *
     * @param offsets bytes from the start of {@code memory} of each operand, then each result
     * @param symbols values of the launch symbols by name
     */
    public void launch(Loaded loaded, Memory memory, long[] offsets, Map<String, Double> symbols) {
        Pointer parameters = parameters(loaded.kernel(), memory, offsets, symbols);
        for (var entry : loaded.functions.entrySet()) {
            int[] grid =
                    entry.getKey().shape().grid(symbol -> symbols.get(symbol).longValue());
            int threads = entry.getKey().shape().threads();
            check(
                    "cuLaunchKernel(" + entry.getKey().name() + ")",
                    JCudaDriver.cuLaunchKernel(
                            entry.getValue(), grid[0], grid[1], grid[2], threads, 1, 1, 0, null, parameters, null));
        }
    }

    private static Pointer parameters(CudaKernel kernel, Memory memory, long[] offsets, Map<String, Double> symbols) {
        var pointers = new ArrayList<Pointer>();
        pointers.add(Pointer.to(memory.pointer));
        for (long offset : offsets) {
            pointers.add(Pointer.to(new long[] {offset}));
        }
        for (LaunchSymbol symbol : kernel.signature().symbols()) {
            Double value = symbols.get(symbol.name());
            if (value == null) {
                throw new IllegalArgumentException(
                        kernel.name() + " needs launch symbol " + symbol.name() + ", given " + symbols.keySet());
            }
            pointers.add(
                    symbol.kind() == LaunchSymbol.Kind.COUNT
                            ? Pointer.to(new long[] {value.longValue()})
                            : Pointer.to(new double[] {value}));
        }
        return Pointer.to(pointers.toArray(Pointer[]::new));
    }

    /** Waits until everything launched has ended; throws where something failed. */
    public void synchronize() {
        check("cuCtxSynchronize", JCudaDriver.cuCtxSynchronize());
    }

    /** Milliseconds the device spends on what {@code launches} launches, measured by events. */
    public double milliseconds(Runnable launches) {
        var start = new CUevent();
        var end = new CUevent();
        check("cuEventCreate", JCudaDriver.cuEventCreate(start, 0));
        check("cuEventCreate", JCudaDriver.cuEventCreate(end, 0));
        check("cuEventRecord", JCudaDriver.cuEventRecord(start, null));
        launches.run();
        check("cuEventRecord", JCudaDriver.cuEventRecord(end, null));
        check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(end));
        float[] elapsed = new float[1];
        check("cuEventElapsedTime", JCudaDriver.cuEventElapsedTime(elapsed, start, end));
        check("cuEventDestroy", JCudaDriver.cuEventDestroy(start));
        check("cuEventDestroy", JCudaDriver.cuEventDestroy(end));
        return elapsed[0];
    }

    private static void check(String call, int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new CudaException(call + ": " + CUresult.stringFor(result));
        }
    }

    /** Frees one allocation early. */
    public void free(Memory memory) {
        if (allocations.remove(memory)) {
            check("cuMemFree", JCudaDriver.cuMemFree(memory.pointer));
        }
    }

    @Override
    public void close() {
        allocations.forEach(memory -> JCudaDriver.cuMemFree(memory.pointer));
        allocations.clear();
        modules.forEach(JCudaDriver::cuModuleUnload);
        modules.clear();
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
