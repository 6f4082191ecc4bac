package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelNames;
import dev.dovetail.ir.job.OptimizerSettings;
import java.util.ArrayList;
import java.util.List;

/** The Java of a model that reads and does not train: its one rank, and its kernels. */
public final class EncoderSources {
    private static final String PACKAGE = "encoder";

    private EncoderSources() {}

    public static JobSources of(SampleForm form, JobHeader header, CpuTarget target) {
        var tasks = HostKernelCalls.tasks(form.program(), OptimizerSettings.ADAMW);
        var names = KernelNames.assign(tasks, PACKAGE + ".kernels");
        var catalog = new KernelCatalog(target);
        var kernels = new ArrayList<JavaSource>();
        names.forEach((task, name) -> kernels.add(
                new JavaSource(name.qualified(), catalog.emit(task, name).text())));
        var calls = new HostKernelCalls(
                task -> ClassName.get(
                        names.get(task).packageName(), names.get(task).simpleName()),
                OptimizerSettings.ADAMW);
        return new JobSources(PACKAGE, DecodeClass.of(form, calls, header, PACKAGE), List.of(), List.of(), kernels);
    }
}
