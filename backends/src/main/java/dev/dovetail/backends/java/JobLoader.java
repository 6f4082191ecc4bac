package dev.dovetail.backends.java;

import dev.dovetail.backends.cpu.compile.KernelCompiler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs jobs inside this virtual machine instead of their own: tests run hundreds. Kernels are compiled and loaded once,
 * whichever job asks first, so that they are also optimised once; a job's own classes must be in a package of their own.
 */
public final class JobLoader {
    private final KernelCompiler compiler;
    private final SharedClasses shared;
    private final Set<String> known = new HashSet<>();
    private final Map<String, byte[]> reused = new HashMap<>();

    /**
     * @param classpath where the runtime's classes are
     * @param parent loader of the runtime's classes
     */
    public JobLoader(String classpath, ClassLoader parent) {
        this.compiler = new KernelCompiler(classpath);
        this.shared = new SharedClasses(parent);
    }

    /** The job's main class. */
    public Class<?> load(JobSources sources) {
        return load(List.of(sources)).getFirst();
    }

    /** Main classes of several jobs, compiled in one go. */
    public List<Class<?>> load(Collection<JobSources> jobs) {
        var fresh = new LinkedHashMap<String, JavaSource>();
        for (JobSources job : jobs) {
            job.all().stream().filter(s -> !known.contains(s.className())).forEach(s -> fresh.put(s.className(), s));
        }
        var compiled = compiler.compile(
                fresh.values().stream().map(JavaSource::forCompiler).toList(), reused);
        shared.add(compiled);
        known.addAll(fresh.keySet());
        jobs.stream()
                .flatMap(job -> job.shared().stream())
                .map(JavaSource::className)
                .forEach(name -> {
                    if (compiled.containsKey(name)) {
                        reused.put(name, compiled.get(name));
                    }
                });
        var classes = new ArrayList<Class<?>>();
        for (JobSources job : jobs) {
            classes.add(shared.find(job.main().className()));
        }
        return classes;
    }

    private static final class SharedClasses extends ClassLoader {
        private final Map<String, byte[]> files = new java.util.concurrent.ConcurrentHashMap<>();

        SharedClasses(ClassLoader parent) {
            super(parent);
        }

        void add(Map<String, byte[]> classes) {
            files.putAll(classes);
        }

        Class<?> find(String name) {
            try {
                return loadClass(name);
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException("a class just compiled does not load: " + name, e);
            }
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] file = files.remove(name);
            if (file == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, file, 0, file.length);
        }
    }
}
