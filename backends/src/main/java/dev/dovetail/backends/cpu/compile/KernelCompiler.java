package dev.dovetail.backends.cpu.compile;

import dev.dovetail.backends.cpu.KernelSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** Compiles many generated sources in one run of the JDK's compiler, from memory to memory. */
public final class KernelCompiler {
    private final String classpath;

    /** @param classpath where the runtime's classes are, as {@code -cp} takes it */
    public KernelCompiler(String classpath) {
        this.classpath = classpath;
    }

    /** Class files by qualified class name; throws with the compiler's messages where a source is not Java. */
    public Map<String, byte[]> compile(Collection<KernelSource> sources) {
        return compile(sources, Map.of());
    }

    /**
     * As above, where the sources may use classes that were compiled before.
     *
     * @param known their class files, by qualified class name
     */
    public Map<String, byte[]> compile(Collection<KernelSource> sources, Map<String, byte[]> known) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException("this Java has no compiler: kernels need a JDK, not a bare runtime image");
        }
        var problems = new DiagnosticCollector<JavaFileObject>();
        var classes = new TreeMap<String, byte[]>();
        StandardJavaFileManager files = compiler.getStandardFileManager(problems, Locale.ROOT, StandardCharsets.UTF_8);
        var options = List.of(
                "--release", "25", "--add-modules", "jdk.incubator.vector", "-cp", classpath, "-nowarn", "-Xlint:none");
        var messages = new StringWriter();
        var units = sources.stream().map(SourceText::new).toList();
        boolean compiled = compiler.getTask(
                        messages, new InMemory(files, classes, known), problems, options, null, units)
                .call();
        if (!compiled) {
            throw new IllegalStateException("generated kernels do not compile: " + messages
                    + problems.getDiagnostics().stream().map(Object::toString).collect(Collectors.joining("\n")));
        }
        return classes;
    }

    private static final class SourceText extends SimpleJavaFileObject {
        private final String text;

        SourceText(KernelSource source) {
            super(
                    URI.create("memory:///" + source.name().qualified().replace('.', '/') + Kind.SOURCE.extension),
                    Kind.SOURCE);
            this.text = source.text();
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    /** A class file that was compiled before. */
    private static final class ClassBytes extends SimpleJavaFileObject {
        private final String className;
        private final byte[] bytes;

        ClassBytes(String className, byte[] bytes) {
            super(URI.create("memory:///" + className.replace('.', '/') + Kind.CLASS.extension), Kind.CLASS);
            this.className = className;
            this.bytes = bytes;
        }

        @Override
        public InputStream openInputStream() {
            return new ByteArrayInputStream(bytes);
        }
    }

    /** Keeps class files in memory. */
    private static final class InMemory extends ForwardingJavaFileManager<StandardJavaFileManager> {
        private final Map<String, byte[]> classes;
        private final Map<String, byte[]> known;

        InMemory(StandardJavaFileManager files, Map<String, byte[]> classes, Map<String, byte[]> known) {
            super(files);
            this.classes = classes;
            this.known = known;
        }

        @Override
        public Iterable<JavaFileObject> list(
                JavaFileManager.Location location, String packageName, Set<JavaFileObject.Kind> kinds, boolean recurse)
                throws IOException {
            var listed = new ArrayList<JavaFileObject>();
            super.list(location, packageName, kinds, recurse).forEach(listed::add);
            if (location == StandardLocation.CLASS_PATH && kinds.contains(JavaFileObject.Kind.CLASS)) {
                known.forEach((name, bytes) -> {
                    if (name.substring(0, name.lastIndexOf('.')).equals(packageName)) {
                        listed.add(new ClassBytes(name, bytes));
                    }
                });
            }
            return listed;
        }

        @Override
        public String inferBinaryName(JavaFileManager.Location location, JavaFileObject file) {
            return file instanceof ClassBytes known ? known.className : super.inferBinaryName(location, file);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                JavaFileManager.Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
            return new SimpleJavaFileObject(
                    URI.create("memory:///" + className.replace('.', '/') + kind.extension), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return new ByteArrayOutputStream() {
                        @Override
                        public void close() {
                            classes.put(className, toByteArray());
                        }
                    };
                }
            };
        }
    }
}
