package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelNames;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.compile.KernelCompiler;
import dev.dovetail.backends.cpu.compile.KernelLoader;
import dev.dovetail.backends.cpu.compile.LoadedKernel;
import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.cli.calibrate.KernelStopwatch;
import dev.dovetail.cli.terminal.Progress;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.Workload;
import dev.dovetail.ir.calibration.Workloads;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.ScheduleWalk;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.cost.MeasuredCost;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * The operators of a program, each kernel timed alone on the threads of one rank, beside what the laws of this machine foresee of
 * it: which law is to blame where a step takes longer than predicted.
 */
public final class ProgramLaws {
    private final MachineProfile profile;
    private final KernelLoader loader;

    public ProgramLaws(MachineProfile profile, String runtimeClasspath) {
        this.profile = profile;
        this.loader = new KernelLoader(new KernelCatalog(CpuAtHand.target()), new KernelCompiler(runtimeClasspath));
    }

    /**
     * One kernel of the program.
     *
     * @param law it is foreseen by
     * @param calls in one step, of one rank of every stage together
     * @param threads of a rank
     * @param foreseenSeconds of one call, by the law
     * @param measuredSeconds of one call
     */
    public record Row(
            String law, String kernel, long calls, int threads, double foreseenSeconds, double measuredSeconds) {
        /** Seconds of a step that the law leaves out; negative where it foresees too many. */
        public double missing() {
            return calls * (measuredSeconds - foreseenSeconds);
        }
    }

    /**
     * Every kernel of a step, those that the laws miss by most first.
     *
     * @param progress of that many kernels
     */
    public List<Row> of(Program program, IntFunction<Progress> progress) {
        Map<KernelTask.Operator, Long> calls = calls(program);
        Map<KernelTask, LoadedKernel> kernels = loader.load(List.copyOf(calls.keySet()));
        int threads = Math.max(1, profile.cores() / program.mesh().ranks());
        var rows = new ArrayList<Row>();
        try (Progress shown = progress.apply(calls.size())) {
            calls.forEach((task, count) -> {
                String name = KernelNames.plain(task);
                shown.reached(rows.size(), name);
                Workload workload = Workloads.of(task.op(), task.operands());
                double foreseen = law(task, workload).seconds(workload, threads, profile.parallelLaunchSeconds());
                double seconds =
                        KernelStopwatch.time(kernels.get(task), task, threads).seconds();
                rows.add(new Row(workload.law(), name, count, threads, foreseen, seconds));
            });
        }
        rows.sort(Comparator.comparingDouble((Row row) -> -Math.abs(row.missing())));
        return rows;
    }

    private MachineProfile.KernelLaw law(KernelTask.Operator task, Workload workload) {
        ElementType element = MeasuredCost.element(task.results());
        return profile.law(workload.law(), element).orElseThrow();
    }

    /** Every operator, and how often one rank of every stage together call it in a step. */
    public static Map<KernelTask.Operator, Long> calls(Program program) {
        var bodies = new HashMap<Body, Long>();
        program.classes()
                .forEach(rank -> new ScheduleWalk(rank, rank.step(), Map.of())
                        .forEachCall((site, variables, choice) -> bodies.merge(site.body(), 1L, Long::sum)));
        var calls = new LinkedHashMap<KernelTask.Operator, Long>();
        bodies.forEach((body, times) -> body.instructions().forEach(instruction -> {
            if (instruction instanceof Instruction.Compute compute) {
                var operands = compute.operands().stream().map(Buffer::type).toList();
                calls.merge(new KernelTask.Operator(compute.op(), operands), times, Long::sum);
            }
        }));
        return calls;
    }
}
