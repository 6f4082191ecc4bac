package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.driver.CudaMemory;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Times kernels on a device, on random operands: zeros draw less power and run faster than data does.
 *
 * @param launches how many launches are timed, after {@value #WARM_UP} that are not
 */
public record KernelTimer(KernelDevice device, int launches) {
    private static final int WARM_UP = 3;

    /**
     * How fast one kernel is.
     *
     * @param milliseconds median of the launches, by the device's events
     * @param slowest the slowest of them
     * @param teraflops the work's floating-point operations at the bound of every dim, in 10^12 per second of the median
     * @param gigabytes bytes that must cross memory at least once, in 10^9 per second of the median
     */
    public record Speed(double milliseconds, double slowest, double teraflops, double gigabytes) {}

    public KernelTimer {
        if (launches < 1) {
            throw new IllegalArgumentException("a median needs at least one launch, got " + launches);
        }
    }

    public Speed time(KernelDevice.Loaded loaded, KernelCase at, long seed) {
        KernelWork work = at.work();
        CaseMemory places = CaseMemory.of(work);
        CudaMemory memory = device.allocate(places.bytes());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(places.bytes(), 64);
            var inputs = new SampleInputs(work, new ReferenceEnvironment(at.symbols()), seed);
            for (int i = 0; i < work.operands().size(); i++) {
                inputs.fill(i, places.operand(content, work, i));
            }
            device.copyIn(content, memory);
            return time(() -> device.launch(loaded, memory, places.offsets(), at.symbols()), work);
        } finally {
            memory.close();
        }
    }

    private Speed time(Runnable launch, KernelWork work) {
        for (int i = 0; i < WARM_UP; i++) {
            launch.run();
        }
        double[] times = new double[launches];
        for (int i = 0; i < launches; i++) {
            times[i] = device.milliseconds(launch);
        }
        Arrays.sort(times);
        double median = times[launches / 2];
        double perSecond = 1e3 / median;
        return new Speed(median, times[launches - 1], work.flops() * perSecond / 1e12, work.bytes() * perSecond / 1e9);
    }
}
