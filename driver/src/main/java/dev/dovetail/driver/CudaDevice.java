package dev.dovetail.driver;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * One GPU: its memory, its modules, its streams, all through the driver API.
 *
 * <p>Not thread-safe: an object belongs to the thread that opened it. Several may be open on one GPU, which they share.
 */
public final class CudaDevice implements AutoCloseable {
    private final CUdevice device = new CUdevice();
    private final String name;
    private final int capability;
    private final List<CudaModule> modules = new ArrayList<>();
    private final List<CudaMemory> allocations = new ArrayList<>();
    private final List<CudaStream> streams = new ArrayList<>();

    private CudaDevice(int ordinal) {
        DriverCalls.check("cuDeviceGet(" + ordinal + ")", JCudaDriver.cuDeviceGet(device, ordinal));
        byte[] text = new byte[128];
        DriverCalls.check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(text, text.length, device));
        name = new String(text, StandardCharsets.UTF_8).trim();
        capability = 10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
                + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        var context = new CUcontext();
        DriverCalls.check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        DriverCalls.check("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(context));
    }

    /** Opens device {@code ordinal} for the calling thread; ask {@link CudaDriver#probe} first. */
    public static CudaDevice open(int ordinal) {
        initialize();
        return new CudaDevice(ordinal);
    }

    /** Devices of this machine. */
    public static int count() {
        initialize();
        int[] count = new int[1];
        DriverCalls.check("cuDeviceGetCount", JCudaDriver.cuDeviceGetCount(count));
        return count[0];
    }

    private static void initialize() {
        JCudaDriver.setExceptionsEnabled(false);
        DriverCalls.check("cuInit", JCudaDriver.cuInit(0));
    }

    /** As the driver names it, such as {@code NVIDIA H100 80GB HBM3}. */
    public String name() {
        return name;
    }

    /** Compute capability as in {@code sm_90}: 90. */
    public int capability() {
        return capability;
    }

    private int attribute(int which) {
        int[] value = new int[1];
        DriverCalls.check(
                "cuDeviceGetAttribute(" + which + ")", JCudaDriver.cuDeviceGetAttribute(value, which, device));
        return value[0];
    }

    /** Memory of the device that nobody has taken, in bytes. */
    public long freeBytes() {
        long[] free = new long[1];
        DriverCalls.check("cuMemGetInfo", JCudaDriver.cuMemGetInfo(free, new long[1]));
        return free[0];
    }

    /** The driver's version as NVIDIA counts it: 13000 for CUDA 13.0. */
    public static int driverVersion() {
        int[] version = new int[1];
        DriverCalls.check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(version));
        return version[0];
    }

    /** Loads machine code: a cubin, or a fat binary that has some for this device. */
    public CudaModule load(Path file) {
        var module = new CudaModule(file);
        modules.add(module);
        return module;
    }

    public CudaMemory allocate(long bytes) {
        var memory = new CudaMemory(bytes);
        allocations.add(memory);
        return memory;
    }

    /** A line of work that runs in order, and beside that of other streams. */
    public CudaStream stream() {
        var stream = new CudaStream();
        streams.add(stream);
        return stream;
    }

    @Override
    public void close() {
        streams.forEach(CudaStream::destroy);
        streams.clear();
        allocations.forEach(CudaMemory::close);
        allocations.clear();
        modules.forEach(CudaModule::unload);
        modules.clear();
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
