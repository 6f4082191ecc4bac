package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelName;
import dev.dovetail.backends.cpu.KernelNames;
import dev.dovetail.backends.cpu.KernelSource;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Java of a training job: a class per pipeline stage, a class per kernel, and the job's main class.
 *
 * @param packageName where the job's own classes live
 * @param main {@code Job.java}
 * @param stages one source for each rank class
 * @param kernels one source for each distinct kernel
 */
public record JobSources(String packageName, JavaSource main, List<JavaSource> stages, List<JavaSource> kernels) {
    /** Where a job's classes live unless the caller says otherwise. */
    public static final String PACKAGE = "job";

    private static final String KERNELS = ".kernels";

    public JobSources {
        stages = List.copyOf(stages);
        kernels = List.copyOf(kernels);
    }

    /** The sources of one job that stands alone. */
    public static JobSources of(Program program, JobFacts facts, JobHeader header, CpuTarget target) {
        var tasks = KernelCalls.tasks(program, facts.optimizer());
        Map<KernelTask, KernelName> names = KernelNames.assign(tasks, PACKAGE + KERNELS);
        var catalog = new KernelCatalog(target);
        var kernels = new ArrayList<JavaSource>();
        names.forEach((task, name) -> kernels.add(source(catalog.emit(task, name))));
        return new JobSources(
                PACKAGE,
                JobClass.of(program, facts, header, PACKAGE),
                stages(program, facts, header, PACKAGE, task -> className(names.get(task))),
                kernels);
    }

    /**
     * Sources that share kernels with other jobs in the same virtual machine: a kernel's name says what it computes.
     *
     * @param kernelPackage where the shared kernels live
     * @param packageName of this job's classes, different from all other jobs'
     */
    public static JobSources sharingKernels(
            Program program,
            JobFacts facts,
            JobHeader header,
            CpuTarget target,
            String kernelPackage,
            String packageName) {
        var catalog = new KernelCatalog(target);
        var kernels = new LinkedHashMap<KernelName, JavaSource>();
        for (KernelTask task : KernelCalls.tasks(program, facts.optimizer())) {
            KernelName name = KernelNames.unique(task, kernelPackage);
            kernels.put(name, source(catalog.emit(task, name)));
        }
        return new JobSources(
                packageName,
                JobClass.of(program, facts, header, packageName),
                stages(program, facts, header, packageName, task -> className(KernelNames.unique(task, kernelPackage))),
                List.copyOf(kernels.values()));
    }

    private static List<JavaSource> stages(
            Program program, JobFacts facts, JobHeader header, String packageName, KernelClasses classes) {
        var calls = new KernelCalls(classes, facts.optimizer());
        var stages = new ArrayList<JavaSource>();
        for (RankClass rank : program.classes()) {
            stages.add(StageClass.of(program, rank, calls, header, packageName));
        }
        return stages;
    }

    private static ClassName className(KernelName name) {
        return ClassName.get(name.packageName(), name.simpleName());
    }

    private static JavaSource source(KernelSource kernel) {
        return new JavaSource(kernel.name().qualified(), kernel.text());
    }

    /** All of them: the job, its stages, its kernels. */
    public List<JavaSource> all() {
        var all = new ArrayList<JavaSource>();
        all.add(main);
        all.addAll(stages);
        all.addAll(kernels);
        return all;
    }
}
