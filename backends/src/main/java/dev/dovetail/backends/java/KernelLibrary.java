package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelName;
import dev.dovetail.backends.cpu.KernelNames;
import dev.dovetail.backends.cpu.KernelSource;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.ir.job.OptimizerSettings;
import java.util.HashMap;
import java.util.Map;

/** Kernels and layers that several jobs in one virtual machine share: each has one name and is written once. */
public final class KernelLibrary {
    private final KernelCatalog catalog;
    private final String packageName;
    private final Map<KernelTask, JavaSource> sources = new HashMap<>();
    private final Map<Style, Map<LayerNames.Bodies, LayerClass.Printed>> layers = new HashMap<>();

    /** What a layer's class has of the job beside the layer. */
    private record Style(JobHeader header, OptimizerSettings optimizer) {}

    /** @param packageName where the shared classes live */
    public KernelLibrary(CpuTarget target, String packageName) {
        this.catalog = new KernelCatalog(target);
        this.packageName = packageName;
    }

    /** Names for the layers of one job; those that others have are not written again. */
    LayerNames layers(JobHeader header, OptimizerSettings optimizer) {
        var written = layers.computeIfAbsent(new Style(header, optimizer), style -> new HashMap<>());
        return LayerNames.byContent(packageName + ".layers", written);
    }

    JavaSource source(KernelTask task) {
        return sources.computeIfAbsent(task, t -> {
            KernelName name = KernelNames.unique(t, packageName + ".kernels");
            KernelSource source = catalog.emit(t, name);
            return new JavaSource(name.qualified(), source.text());
        });
    }

    ClassName className(KernelTask task) {
        String qualified = source(task).className();
        int dot = qualified.lastIndexOf('.');
        return ClassName.get(qualified.substring(0, dot), qualified.substring(dot + 1));
    }
}
