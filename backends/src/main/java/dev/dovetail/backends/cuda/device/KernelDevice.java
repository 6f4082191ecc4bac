package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.CudaEntry;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.backends.cuda.compile.CompiledModule;
import dev.dovetail.driver.CudaDevice;
import dev.dovetail.driver.CudaMemory;
import dev.dovetail.driver.CudaModule;
import dev.dovetail.driver.CudaStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A device that launches generated kernels.
 *
 * <p>Not thread-safe; it belongs to the thread that opened it.
 */
public final class KernelDevice implements AutoCloseable {
    private final CudaDevice device;
    private final CudaStream stream;

    /** A kernel whose entries are found on the device. */
    public static final class Loaded {
        private final CudaKernel kernel;
        private final Map<CudaEntry, CudaModule.Function> functions = new LinkedHashMap<>();

        private Loaded(CudaKernel kernel, CudaModule module) {
            this.kernel = kernel;
            kernel.entries().forEach(entry -> functions.put(entry, module.function(entry.name())));
        }

        public CudaKernel kernel() {
            return kernel;
        }
    }

    private KernelDevice(CudaDevice device) {
        this.device = device;
        this.stream = device.stream();
    }

    /** Opens device {@code ordinal}; ask {@link dev.dovetail.driver.CudaDriver#probe} first. */
    public static KernelDevice open(int ordinal) {
        return new KernelDevice(CudaDevice.open(ordinal));
    }

    public String name() {
        return device.name();
    }

    /** Compute capability as in {@code sm_90}: 90. */
    public int capability() {
        return device.capability();
    }

    /** Loads a compiled module and finds every entry of {@code kernels} in it. */
    public List<Loaded> load(CompiledModule compiled, List<CudaKernel> kernels) {
        CudaModule module = device.load(compiled.file());
        return kernels.stream().map(kernel -> new Loaded(kernel, module)).toList();
    }

    public CudaMemory allocate(long bytes) {
        return device.allocate(bytes);
    }

    /** Copies all of {@code source} to the start of {@code target}. */
    public void copyIn(MemorySegment source, CudaMemory target) {
        stream.copyIn(source, target, 0);
    }

    /** Fills {@code target} from the start of {@code source}. */
    public void copyOut(CudaMemory source, MemorySegment target) {
        stream.copyOut(source, 0, target);
    }

    /**
     * Launches every entry of a kernel, in order, without waiting. Parameters are as {@code CudaSignature} lists them.
     *
     * @param offsets bytes from the start of {@code memory} of each operand, then each result
     * @param symbols values of the launch symbols by name
     */
    public void launch(Loaded loaded, CudaMemory memory, long[] offsets, Map<String, Double> symbols) {
        long[] parameters = parameters(loaded.kernel(), offsets, symbols);
        loaded.functions.forEach((entry, function) -> {
            int[] grid = entry.shape().grid(symbol -> symbols.get(symbol).longValue());
            stream.launch(function, grid, entry.shape().threads(), memory, parameters);
        });
    }

    private static long[] parameters(CudaKernel kernel, long[] offsets, Map<String, Double> symbols) {
        List<LaunchSymbol> named = kernel.signature().symbols();
        long[] parameters = Arrays.copyOf(offsets, offsets.length + named.size());
        for (int i = 0; i < named.size(); i++) {
            LaunchSymbol symbol = named.get(i);
            Double value = symbols.get(symbol.name());
            if (value == null) {
                throw new IllegalArgumentException(
                        kernel.name() + " needs launch symbol " + symbol.name() + ", given " + symbols.keySet());
            }
            parameters[offsets.length + i] =
                    symbol.kind() == LaunchSymbol.Kind.COUNT ? value.longValue() : Double.doubleToRawLongBits(value);
        }
        return parameters;
    }

    /** Waits until everything launched has ended; throws where something failed. */
    public void synchronize() {
        stream.synchronize();
    }

    /** Milliseconds the device spends on what {@code launches} launches, measured by events. */
    public double milliseconds(Runnable launches) {
        return stream.milliseconds(launches);
    }

    @Override
    public void close() {
        device.close();
    }
}
