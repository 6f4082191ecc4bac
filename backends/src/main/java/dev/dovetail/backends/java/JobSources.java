package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelName;
import dev.dovetail.backends.cpu.KernelNames;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The Java of a training job: a class per pipeline stage, a class per kind of layer, a class per kernel, and the job's main
 * class.
 *
 * @param packageName where the job's own classes live
 * @param main {@code Job.java}
 * @param ranks one source for each rank class; with a form to sample, its program and its main class too
 * @param layers one source for each distinct kind of layer
 * @param kernels one source for each distinct kernel
 */
public record JobSources(
        String packageName,
        JavaSource main,
        List<JavaSource> ranks,
        List<JavaSource> layers,
        List<JavaSource> kernels) {
    /** Where a job's classes live unless the caller says otherwise. */
    public static final String PACKAGE = "job";

    public JobSources {
        ranks = List.copyOf(ranks);
        layers = List.copyOf(layers);
        kernels = List.copyOf(kernels);
    }

    /**
     * The sources of one job that stands alone.
     *
     * @param sampling the trained model as it is used, where the job is to be sampled too
     */
    public static JobSources of(
            Program program, Optional<SampleForm> sampling, JobFacts facts, JobHeader header, CpuTarget target) {
        var tasks = tasks(program, sampling, facts.optimizer());
        Map<KernelTask, KernelName> names = KernelNames.assign(tasks, PACKAGE + ".kernels");
        var catalog = new KernelCatalog(target);
        var kernels = new ArrayList<JavaSource>();
        names.forEach((task, name) -> kernels.add(
                new JavaSource(name.qualified(), catalog.emit(task, name).text())));
        var calls = new HostKernelCalls(task -> className(names.get(task)), facts.optimizer());
        var writer = new Writer(facts, header, PACKAGE, LayerNames.plain(PACKAGE), calls, Optional.empty());
        return writer.write(program, sampling, kernels);
    }

    /**
     * The sources of one job whose ranks compute on NVIDIA GPUs.
     *
     * @param kernels of the program and of what is sampled; their machine code travels beside the job's classes as {@code
     *     module}
     */
    public static JobSources onDevice(
            Program program,
            Optional<SampleForm> sampling,
            JobFacts facts,
            JobHeader header,
            ProgramKernels kernels,
            String module) {
        String packageName = PACKAGE + ".kernels";
        var sources = kernels.kernels().stream()
                .map(kernel -> DeviceKernelClass.of(kernel, header, packageName))
                .toList();
        var calls = new DeviceKernelCalls(
                kernels, kernel -> DeviceKernelClass.name(kernel, packageName), facts.optimizer());
        var writer = new Writer(facts, header, PACKAGE, LayerNames.plain(PACKAGE), calls, Optional.of(module));
        return writer.write(program, sampling, sources);
    }

    /**
     * Sources that share kernels and layers with other jobs in the same virtual machine.
     *
     * @param sampling the trained model as it is used, where it is wanted
     * @param packageName of this job's own classes, different from all other jobs'
     */
    public static JobSources sharing(
            KernelLibrary library,
            Program program,
            Optional<SampleForm> sampling,
            JobFacts facts,
            JobHeader header,
            String packageName) {
        var kernels = tasks(program, sampling, facts.optimizer()).stream()
                .map(library::source)
                .toList();
        var layers = library.layers(header, facts.optimizer());
        var calls = new HostKernelCalls(library::className, facts.optimizer());
        var writer = new Writer(facts, header, packageName, layers, calls, Optional.empty());
        return writer.write(program, sampling, kernels);
    }

    private static Set<KernelTask> tasks(Program program, Optional<SampleForm> sampling, OptimizerSettings optimizer) {
        var tasks = new LinkedHashSet<>(HostKernelCalls.tasks(program, optimizer));
        sampling.ifPresent(d -> tasks.addAll(HostKernelCalls.tasks(d.program(), optimizer)));
        return tasks;
    }

    private static ClassName className(KernelName name) {
        return ClassName.get(name.packageName(), name.simpleName());
    }

    /** @param module the file with the machine code of a device's kernels; empty where kernels are Java */
    private record Writer(
            JobFacts facts,
            JobHeader header,
            String packageName,
            LayerNames layers,
            KernelCalls calls,
            Optional<String> module) {
        JobSources write(Program program, Optional<SampleForm> sampling, List<JavaSource> kernels) {
            var ranks = new ArrayList<JavaSource>();
            for (RankClass rank : program.classes()) {
                ranks.add(StageClass.of(program, rank, calls, header, packageName, layers));
            }
            sampling.ifPresent(d -> {
                ranks.add(DecodeClass.of(d, calls, header, packageName));
                ranks.add(SampleClass.of(facts, d, header, packageName, module));
            });
            JavaSource main = JobClass.of(program, facts, header, packageName, module);
            return new JobSources(packageName, main, ranks, layers.sources(), kernels);
        }
    }

    /** Sources that other jobs may share. */
    public List<JavaSource> shared() {
        var shared = new ArrayList<>(layers);
        shared.addAll(kernels);
        return shared;
    }

    /** All of them: the job, its ranks, its layers, its kernels. */
    public List<JavaSource> all() {
        var all = new ArrayList<JavaSource>();
        all.add(main);
        all.addAll(ranks);
        all.addAll(shared());
        return all;
    }
}
