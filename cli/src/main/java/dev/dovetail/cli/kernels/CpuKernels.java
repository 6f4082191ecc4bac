package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelNames;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.check.AwkwardCases;
import dev.dovetail.backends.cpu.check.CheckCase;
import dev.dovetail.backends.cpu.check.KernelCheck;
import dev.dovetail.backends.cpu.compile.KernelCompiler;
import dev.dovetail.backends.cpu.compile.KernelLoader;
import dev.dovetail.backends.cpu.machine.Ceilings;
import dev.dovetail.cli.calibrate.KernelStopwatch;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.runtime.rank.Workers;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Function;

/** Kernels of the CPU: held against float64 at awkward sizes, and against the machine's ceilings at sizes of real models. */
public final class CpuKernels {
    private static final long SEED = 5;

    private final CpuTarget target;
    private final KernelLoader loader;
    private final Function<AwkwardCases, List<CheckCase>> cases;

    /**
     * @param runtimeClasspath where generated kernels find the runtime
     * @param cases which are checked
     */
    public CpuKernels(CpuTarget target, String runtimeClasspath, Function<AwkwardCases, List<CheckCase>> cases) {
        this.target = target;
        this.cases = cases;
        this.loader = new KernelLoader(new KernelCatalog(target), new KernelCompiler(runtimeClasspath));
    }

    /** One kernel that was checked; {@code error} is a share of what is tolerated. */
    public record Checked(String kernel, double error, String complaint) {
        public boolean passes() {
            return complaint.isEmpty();
        }
    }

    /** Checks the cases in an element type; two workers share each kernel, as in a rank. */
    public List<Checked> check(ElementType element) {
        try (Workers workers = new Workers(2)) {
            return new KernelCheck(loader, workers, SEED)
                    .run(cases.apply(new AwkwardCases(element))).stream()
                            .map(o -> new Checked(name(o.check().task()), o.error(), o.complaint()))
                            .toList();
        }
    }

    /**
     * One kernel that was timed on one core.
     *
     * @param ofPeak share of the multiply-add peak
     * @param ofCopy share of the bandwidth of a plain copy; above 1 where operands stay in a cache
     */
    public record Timed(String kernel, double seconds, double flopsPerSecond, double ofPeak, double ofCopy) {}

    /** Times kernels between two measurements of the ceilings, whose better one counts. */
    public List<Timed> bench(ElementType element) {
        var kernels = loader.load(benchTasks(element));
        double peak = Ceilings.fma(element, 1);
        double copy = Ceilings.copy(1);
        record Seconds(KernelTask task, double seconds) {}
        var measured = new ArrayList<Seconds>();
        kernels.forEach((task, kernel) -> measured.add(
                new Seconds(task, KernelStopwatch.time(kernel, task).seconds())));
        double best = Math.max(peak, Ceilings.fma(element, 1));
        double fastest = Math.max(copy, Ceilings.copy(1));
        return measured.stream()
                .map(m -> {
                    double rate = m.task().flops() / m.seconds();
                    return new Timed(
                            name(m.task()),
                            m.seconds(),
                            rate,
                            rate / best,
                            m.task().bytes() / m.seconds() / fastest);
                })
                .toList();
    }

    private static String name(KernelTask task) {
        return KernelNames.plain(task);
    }

    private static List<KernelTask> benchTasks(ElementType element) {
        var tasks = new LinkedHashSet<KernelTask>();
        for (int[] size : new int[][] {{512, 512, 512}, {1024, 1024, 1024}, {1024, 128, 512}, {1024, 512, 128}}) {
            Dim m = Dim.of("m", size[0]);
            Dim k = Dim.of("k", size[1]);
            Dim n = Dim.of("n", size[2]);
            tasks.add(task(new MatMul(List.of("m", "n")), TensorType.of(element, m, k), TensorType.of(element, k, n)));
        }
        attention(tasks, element);
        TensorType x = TensorType.of(element, Dim.of("tokens", 1024), Dim.of("width", 512));
        TensorType row = TensorType.of(element, Dim.of("width", 512));
        tasks.add(task(new MapOp(Activations.gelu(), x), x));
        tasks.add(task(new Normalize(NormKind.LAYER, "width", 1e-5), x, row, row));
        tasks.add(new KernelTask.Accumulate(x));
        tasks.add(new KernelTask.Update(new AdamW(0.9, 0.999, 1e-8, 0), x));
        return List.copyOf(tasks);
    }

    private static void attention(LinkedHashSet<KernelTask> tasks, ElementType element) {
        Dim sequence = Dim.of("sequence", 256);
        Dim batch = Dim.of("batch", 4);
        Dim headDim = Dim.of(AttentionPattern.HEAD_DIM, 64);
        TensorType q = TensorType.of(element, sequence, batch, Dim.of(AttentionPattern.HEADS, 8), headDim);
        TensorType k = TensorType.of(element, sequence, batch, Dim.of(AttentionPattern.KV_HEADS, 8), headDim);
        TensorType logSums = q.without(List.of(AttentionPattern.HEAD_DIM));
        var pattern = AttentionPattern.causal(0.125);
        tasks.add(task(new Attend(pattern), q, k, k));
        tasks.add(task(new AttendGrad(pattern), q, q, k, k, q, logSums));
    }

    private static KernelTask task(Op op, TensorType... operands) {
        return new KernelTask.Operator(op, List.of(operands));
    }

    public CpuTarget target() {
        return target;
    }
}
