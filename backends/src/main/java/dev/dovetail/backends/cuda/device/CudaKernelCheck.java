package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Compares kernels on a device with the plain float64 meaning of their work. */
public final class CudaKernelCheck {
    // Around operands: not a number in every floating type, so that reading too far spoils a result.
    private static final byte READ_GUARD = (byte) 0xff;

    // In and around results: a huge number, which differs from what reading too far would have written here.
    private static final byte WRITE_GUARD = (byte) 0x7e;

    private final KernelDevice device;

    public CudaKernelCheck(KernelDevice device) {
        this.device = device;
    }

    /**
     * How close one kernel's results are.
     *
     * @param kernel its name
     * @param error largest |got - float64| / (|float64| + root mean square of its row, as {@link LargestError} cuts them)
     * @param tolerance largest error allowed
     * @param problem what else is wrong, such as a write outside its results; empty where nothing is
     * @param reference what it was compared with
     */
    public record Row(String kernel, double error, double tolerance, String problem, Reference reference) {
        public boolean passes() {
            return error <= tolerance && problem.isEmpty();
        }
    }

    /** Where the float64 numbers come from. */
    public enum Reference {
        /** The operator's own plain evaluation. */
        PLAIN,
        /** The same kernel generated in double precision: for sizes that plain evaluation takes too long for. */
        TWIN
    }

    /** Runs a loaded kernel on random operands and compares every result. */
    public Row check(KernelDevice.Loaded loaded, KernelCase at, long seed) {
        KernelWork work = at.work();
        KernelWork atLaunch = at.atLaunch();
        var environment = new ReferenceEnvironment(at.symbols());
        List<DoubleTensor> operands = new SampleInputs(atLaunch, environment, seed).draw();
        List<DoubleTensor> wanted = atLaunch.reference(operands, environment);
        CaseMemory places = CaseMemory.of(work);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment before = arena.allocate(places.bytes(), 64);
            before.asSlice(0, places.operandBytes()).fill(READ_GUARD);
            before.asSlice(places.operandBytes()).fill(WRITE_GUARD);
            for (int i = 0; i < operands.size(); i++) {
                TensorType stored = work.operands().get(i);
                TensorBytes.write(operands.get(i), stored, places.slice(before, i, stored));
            }
            MemorySegment after = arena.allocate(places.bytes(), 64);
            places.run(device, loaded, before, after, at.symbols());
            return compare(loaded.kernel(), atLaunch, places, before, after, wanted);
        }
    }

    private static Row compare(
            CudaKernel kernel,
            KernelWork atLaunch,
            CaseMemory places,
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
            got.add(TensorBytes.read(places.slice(after, operands + i, stored), stored, live));
            double tolerance = KernelTolerance.of(atLaunch, live);
            double[] gotten = got.getLast().values();
            double[] exact = wanted.get(i).values();
            double error = LargestError.of(atLaunch, live, at -> gotten[(int) at], at -> exact[(int) at]);
            if (i == 0 || error / tolerance > worst / allowed || Double.isNaN(error)) {
                worst = error;
                allowed = tolerance;
            }
        }
        // What the results should have written is taken back; nothing else may differ.
        for (int i = 0; i < got.size(); i++) {
            TensorType stored = work.results().get(i);
            TensorBytes.write(got.get(i), stored, places.slice(before, operands + i, stored));
        }
        long stray = before.mismatch(after);
        String problem = stray < 0 ? "" : "byte " + stray + " outside the results was written";
        return new Row(kernel.name(), worst, allowed, problem, Reference.PLAIN);
    }
}
