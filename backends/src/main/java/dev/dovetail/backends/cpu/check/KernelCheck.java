package dev.dovetail.backends.cpu.check;

import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.compile.KernelLoader;
import dev.dovetail.backends.cpu.compile.LoadedKernel;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.random.RandomGeneratorFactory;

/** Compares kernels with the float64 references of their operators, on random data. */
public final class KernelCheck {
    private final KernelLoader loader;
    private final Object workers;
    private final long seed;

    /**
     * @param workers the runtime's workers
     * @param seed of the random data
     */
    public KernelCheck(KernelLoader loader, Object workers, long seed) {
        this.loader = loader;
        this.workers = workers;
        this.seed = seed;
    }

    /**
     * How close a kernel came.
     *
     * @param error largest difference from the reference, as a share of what is tolerated; 1 or less passes
     * @param complaint what is wrong, in a sentence; empty where nothing is
     */
    public record Outcome(CheckCase check, double error, String complaint) {
        public boolean passes() {
            return complaint.isEmpty();
        }
    }

    /** Compiles the kernels of all cases at once, then runs each. */
    public List<Outcome> run(Collection<CheckCase> cases) {
        var kernels = loader.load(cases.stream().map(CheckCase::task).toList());
        return cases.stream().map(c -> run(c, kernels.get(c.task()))).toList();
    }

    private Outcome run(CheckCase check, LoadedKernel kernel) {
        var random = RandomGeneratorFactory.of("L64X128MixRandom")
                .create(seed + check.toString().hashCode());
        List<DoubleTensor> operands = check.operands(random);
        List<DoubleTensor> before = check.before(random);
        var environment = new ReferenceEnvironment(check.symbols());
        List<DoubleTensor> expected = TaskReference.evaluate(check.actualTask(), operands, before, environment);
        try (Arena arena = Arena.ofShared()) {
            List<DoubleTensor> got = launch(check, kernel, operands, before, new ArenaImage(arena, stored(check)));
            return compare(check, expected, got);
        } catch (OutsideWrite e) {
            return new Outcome(check, Double.POSITIVE_INFINITY, "writes outside its tensors");
        }
    }

    private static List<TensorType> stored(CheckCase check) {
        var types = new ArrayList<>(check.task().operands());
        types.addAll(check.task().results());
        return types;
    }

    /** A kernel wrote between its tensors. */
    private static final class OutsideWrite extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private List<DoubleTensor> launch(
            CheckCase check,
            LoadedKernel kernel,
            List<DoubleTensor> operands,
            List<DoubleTensor> before,
            ArenaImage image) {
        int count = operands.size();
        for (int i = 0; i < count; i++) {
            image.write(i, operands.get(i));
        }
        var offsets = new ArrayList<>(image.offsets());
        if (isCacheWrite(check.task())) {
            offsets.set(count, offsets.getFirst());
        } else if (!(check.task() instanceof KernelTask.Operator)) {
            for (int i = 0; i < before.size(); i++) {
                image.write(count + i, before.get(i));
            }
        }
        kernel.bind(workers, image.memory(), offsets, check.symbols()).run();
        if (!image.gapsAreIntact()) {
            throw new OutsideWrite();
        }
        var results = new ArrayList<DoubleTensor>();
        var types = check.task().results();
        for (int i = 0; i < types.size(); i++) {
            int at = isCacheWrite(check.task()) ? 0 : count + i;
            results.add(image.read(at, check.actual(types.get(i))));
        }
        return results;
    }

    private static boolean isCacheWrite(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof CacheWrite;
    }

    private static Outcome compare(CheckCase check, List<DoubleTensor> expected, List<DoubleTensor> got) {
        double worst = 0;
        // Some results are small differences of the others' terms: a gradient may cancel to nothing.
        double typical = rootMeanSquare(expected);
        for (int r = 0; r < expected.size(); r++) {
            double[] want = expected.get(r).values();
            double[] have = got.get(r).values();
            double tolerated = tolerance(check, expected.get(r).type());
            for (int i = 0; i < want.length; i++) {
                double error = Math.abs(have[i] - want[i]) / (tolerated * (Math.abs(want[i]) + typical));
                error = have[i] == want[i] ? 0 : Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
                if (error > 1) {
                    String complaint =
                            "result %d element %d is %s, not %s; tolerated %.1e of it and of the typical %.3g"
                                    .formatted(r, i, have[i], want[i], tolerated, typical);
                    return new Outcome(check, error, complaint);
                }
                worst = Math.max(worst, error);
            }
        }
        return new Outcome(check, worst, "");
    }

    /** Rounding grows with the root of how many terms are added; 64 units in the last place to start with. */
    static double tolerance(CheckCase check, TensorType type) {
        double unit = type.element() == ElementType.F32 ? 0x1p-24 : 0x1p-53;
        double terms = check.actualTask().flops() / type.elements();
        return unit * (64 + 8 * Math.sqrt(terms));
    }

    private static double rootMeanSquare(List<DoubleTensor> tensors) {
        double sum = 0;
        long count = 0;
        for (DoubleTensor tensor : tensors) {
            for (double value : tensor.values()) {
                sum += value * value;
            }
            count += tensor.values().length;
        }
        return Math.sqrt(sum / count);
    }
}
