package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Compares kernels on a device with their float64 references, and times them. */
public final class CudaKernelCheck {
    private static final int GUARD = 256;

    // Around operands: not a number in every floating type, so that reading too far spoils a result.
    private static final byte READ_GUARD = (byte) 0xff;

    // In and around results: a huge number, which differs from what reading too far would have written here.
    private static final byte WRITE_GUARD = (byte) 0x7e;

    private static final int WARM_UP = 3;

    private final CudaDevice device;

    public CudaKernelCheck(CudaDevice device) {
        this.device = device;
    }

    /**
     * How close one kernel's results are.
     *
     * @param kernel its name
     * @param error largest |got - float64| / (|float64| + root mean square of the result)
     * @param tolerance largest error allowed
     * @param problem what else is wrong, such as a write outside its results; empty where nothing is
     */
    public record Row(String kernel, double error, double tolerance, String problem) {
        public boolean passes() {
            return error <= tolerance && problem.isEmpty();
        }
    }

    /**
     * How fast one kernel is, on random operands.
     *
     * @param milliseconds median of the launches, by the device's events
     * @param slowest the slowest of them
     * @param teraflops the work's floating-point operations at the bound of every dim, per second of the median
     * @param gigabytes bytes that must cross memory at least once, per second of the median
     */
    public record Speed(String kernel, double milliseconds, double slowest, double teraflops, double gigabytes) {}

    /** Where the tensors of a case lie in device memory, with guards between that nothing may touch. */
    private record Placement(long[] offsets, long operandBytes, long bytes) {

        static Placement of(KernelWork work) {
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
            return new Placement(offsets, operandBytes, next);
        }

        MemorySegment slice(MemorySegment memory, int index, TensorType type) {
            return memory.asSlice(offsets[index], type.bytes());
        }
    }

    /** Runs a loaded kernel on random operands and compares every result. */
    public Row check(CudaDevice.Loaded loaded, KernelCase at, long seed) {
        KernelWork work = at.work();
        KernelWork atLaunch = at.atLaunch();
        var environment = new ReferenceEnvironment(at.symbols());
        List<DoubleTensor> operands = new SampleInputs(atLaunch, environment, seed).draw();
        List<DoubleTensor> wanted = atLaunch.reference(operands, environment);
        Placement placement = Placement.of(work);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment before = arena.allocate(placement.bytes(), 64);
            before.asSlice(0, placement.operandBytes()).fill(READ_GUARD);
            before.asSlice(placement.operandBytes()).fill(WRITE_GUARD);
            for (int i = 0; i < operands.size(); i++) {
                TensorType stored = work.operands().get(i);
                TensorBytes.write(operands.get(i), stored, placement.slice(before, i, stored));
            }
            MemorySegment after = arena.allocate(placement.bytes(), 64);
            launch(loaded, placement, before, after, at.symbols());
            return compare(loaded.kernel(), atLaunch, placement, before, after, wanted);
        }
    }

    /**
     * Times a loaded kernel; results are not looked at.
     *
     * @param launches how many are timed; where there are several, some go before them that are not
     */
    public Speed time(CudaDevice.Loaded loaded, KernelCase at, long seed, int launches) {
        KernelWork work = at.work();
        Placement placement = Placement.of(work);
        CudaDevice.Memory memory = device.allocate(placement.bytes());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(placement.bytes(), 64);
            var inputs = new SampleInputs(work, new ReferenceEnvironment(at.symbols()), seed);
            for (int i = 0; i < work.operands().size(); i++) {
                TensorType type = work.operands().get(i);
                inputs.fill(type, placement.slice(content, i, type));
            }
            device.copyIn(content, memory);
            double[] times = new double[launches];
            for (int i = -Math.min(WARM_UP, launches - 1); i < launches; i++) {
                double elapsed =
                        device.milliseconds(() -> device.launch(loaded, memory, placement.offsets(), at.symbols()));
                times[Math.max(i, 0)] = elapsed;
            }
            Arrays.sort(times);
            double seconds = times[launches / 2] / 1e3;
            return new Speed(
                    loaded.kernel().name(),
                    times[launches / 2],
                    times[launches - 1],
                    work.flops() / seconds / 1e12,
                    work.bytes() / seconds / 1e9);
        } finally {
            device.free(memory);
        }
    }

    private void launch(
            CudaDevice.Loaded loaded,
            Placement placement,
            MemorySegment before,
            MemorySegment after,
            Map<String, Double> symbols) {
        CudaDevice.Memory memory = device.allocate(placement.bytes());
        try {
            device.copyIn(before, memory);
            device.launch(loaded, memory, placement.offsets(), symbols);
            device.synchronize();
            device.copyOut(memory, after);
        } finally {
            device.free(memory);
        }
    }

    private static Row compare(
            CudaKernel kernel,
            KernelWork atLaunch,
            Placement placement,
            MemorySegment before,
            MemorySegment after,
            List<DoubleTensor> wanted) {
        KernelWork work = kernel.work();
        int operands = work.operands().size();
        double worst = 0;
        double allowed = 0;
        var got = new ArrayList<DoubleTensor>();
        for (int i = 0; i < wanted.size(); i++) {
            TensorType stored = work.results().get(i);
            TensorType live = atLaunch.results().get(i);
            got.add(TensorBytes.read(placement.slice(after, operands + i, stored), stored, live));
            double tolerance = KernelTolerance.of(atLaunch, live);
            double error = error(got.getLast().values(), wanted.get(i).values());
            if (i == 0 || error / tolerance > worst / allowed || Double.isNaN(error)) {
                worst = error;
                allowed = tolerance;
            }
        }
        // What the results should have written is taken back; nothing else may differ.
        for (int i = 0; i < got.size(); i++) {
            TensorType stored = work.results().get(i);
            TensorBytes.write(got.get(i), stored, placement.slice(before, operands + i, stored));
        }
        long stray = before.mismatch(after);
        String problem = stray < 0 ? "" : "byte " + stray + " outside the results was written";
        return new Row(kernel.name(), worst, allowed, problem);
    }

    /** Largest |got - wanted| / (|wanted| + rms of wanted); not a number where one is and the other is not. */
    private static double error(double[] got, double[] wanted) {
        double squares = 0;
        int finite = 0;
        for (double value : wanted) {
            squares += Double.isFinite(value) ? value * value : 0;
            finite += Double.isFinite(value) ? 1 : 0;
        }
        double rms = Math.sqrt(squares / Math.max(1, finite)) + Double.MIN_NORMAL;
        double worst = 0;
        for (int i = 0; i < wanted.length; i++) {
            boolean same = Double.compare(got[i], wanted[i]) == 0;
            double error = same ? 0 : Math.abs(got[i] - wanted[i]) / (Math.abs(wanted[i]) + rms);
            worst = Double.isNaN(error) || error > worst ? error : worst;
            if (Double.isNaN(worst)) {
                return worst;
            }
        }
        return worst;
    }
}
