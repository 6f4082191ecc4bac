package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import dev.dovetail.ir.program.Body;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** Gives each distinct layer class of a job its name; equal ones are one class, written once. */
final class LayerNames {
    private final String packageName;
    private final boolean namedByContent;
    private final Map<Bodies, LayerClass.Printed> written;
    private final FreshNames taken = new FreshNames();
    private final Map<String, JavaSource> byContent = new LinkedHashMap<>();
    private final Set<JavaSource> used = new LinkedHashSet<>();

    /** Stages and plans get equal layers from one cache as one object, and comparing what is in them takes longer than writing. */
    static final class Bodies {
        private final List<Body> bodies;

        private Bodies(LayerClass.Kind kind) {
            this.bodies = List.copyOf(kind.bodies().values());
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Bodies that && isSame(bodies, that.bodies);
        }

        @SuppressWarnings("ReferenceEquality")
        private static boolean isSame(List<Body> some, List<Body> others) {
            boolean same = some.size() == others.size();
            for (int i = 0; same && i < some.size(); i++) {
                same = some.get(i) == others.get(i);
            }
            return same;
        }

        @Override
        public int hashCode() {
            return bodies.stream().mapToInt(System::identityHashCode).sum();
        }
    }

    private LayerNames(String packageName, boolean namedByContent, Map<Bodies, LayerClass.Printed> written) {
        this.packageName = packageName;
        this.namedByContent = namedByContent;
        this.written = written;
    }

    /** {@code Block}; a second, different one is {@code Block2}. */
    static LayerNames plain(String packageName) {
        return new LayerNames(packageName, false, new HashMap<>());
    }

    /**
     * {@code Block_5d41402a}: the same name for the same content in every job.
     *
     * @param written classes that other jobs of the same header and optimizer have; those of this job join them
     */
    static LayerNames byContent(String packageName, Map<Bodies, LayerClass.Printed> written) {
        return new LayerNames(packageName, true, written);
    }

    /** The class of a kind of layer, as it was written before or as {@code write} gives it. */
    LayerClass.Printed once(LayerClass.Kind kind, Supplier<LayerClass.Printed> write) {
        LayerClass.Printed printed = written.computeIfAbsent(new Bodies(kind), bodies -> write.get());
        used.add(printed.source());
        return printed;
    }

    /** Finds the name for a class; {@code print} writes it under the name that it is given. */
    JavaSource place(String kind, Function<ClassName, JavaSource> print) {
        String camel = JavaNames.camel(kind);
        String wanted = camel.substring(0, 1).toUpperCase(Locale.ROOT) + camel.substring(1);
        String content = print.apply(ClassName.get(packageName, wanted)).text();
        JavaSource known = byContent.get(content);
        if (known == null) {
            String name = namedByContent ? wanted + "_" + ContentHash.of(content) : taken.take(wanted);
            known = print.apply(ClassName.get(packageName, name));
            byContent.put(content, known);
        }
        return known;
    }

    List<JavaSource> sources() {
        return List.copyOf(used);
    }
}
