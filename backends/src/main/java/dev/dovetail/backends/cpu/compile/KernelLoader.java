package dev.dovetail.backends.cpu.compile;

import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelName;
import dev.dovetail.backends.cpu.KernelNames;
import dev.dovetail.backends.cpu.KernelSource;
import dev.dovetail.backends.cpu.KernelTask;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** From tasks to launchable kernels: generates, compiles all in one go, loads. */
public final class KernelLoader {
    private final SourceOfKernels sources;
    private final KernelCompiler compiler;

    /** Writes the source of a task's kernel. */
    public interface SourceOfKernels {
        KernelSource emit(KernelTask task, KernelName name);
    }

    public KernelLoader(KernelCatalog catalog, KernelCompiler compiler) {
        this((SourceOfKernels) catalog::emit, compiler);
    }

    public KernelLoader(SourceOfKernels sources, KernelCompiler compiler) {
        this.sources = sources;
        this.compiler = compiler;
    }

    public Map<KernelTask, LoadedKernel> load(Collection<KernelTask> tasks) {
        var names = KernelNames.assign(tasks, "dovetail.kernels");
        var written = new ArrayList<KernelSource>();
        names.forEach((task, name) -> written.add(sources.emit(task, name)));
        var loader = new Classes(compiler.compile(written));
        var kernels = new LinkedHashMap<KernelTask, LoadedKernel>();
        names.forEach((task, name) -> kernels.put(task, loader.kernel(task, name)));
        return kernels;
    }

    public LoadedKernel load(KernelTask task) {
        return load(List.of(task)).get(task);
    }

    /** Defines the compiled classes beside those of the runtime. */
    private static final class Classes extends ClassLoader {
        private final Map<String, byte[]> files;

        Classes(Map<String, byte[]> files) {
            super(KernelLoader.class.getClassLoader());
            this.files = files;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] file = files.get(name);
            if (file == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, file, 0, file.length);
        }

        LoadedKernel kernel(KernelTask task, KernelName name) {
            try {
                Class<?> type = loadClass(name.qualified());
                var run = Arrays.stream(type.getMethods())
                        .filter(m -> m.getName().equals("run"))
                        .findFirst()
                        .orElseThrow();
                return new LoadedKernel(task, MethodHandles.lookup().unreflect(run));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("a kernel just compiled does not load: " + name.qualified(), e);
            }
        }
    }
}
