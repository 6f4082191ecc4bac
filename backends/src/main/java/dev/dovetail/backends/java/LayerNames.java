package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Gives each distinct layer class its name; equal ones are one class. */
final class LayerNames {
    private final String packageName;
    private final boolean namedByContent;
    private final FreshNames taken = new FreshNames();
    private final Map<String, JavaSource> byContent = new LinkedHashMap<>();

    private LayerNames(String packageName, boolean namedByContent) {
        this.packageName = packageName;
        this.namedByContent = namedByContent;
    }

    /** {@code Block}; a second, different one is {@code Block2}. */
    static LayerNames plain(String packageName) {
        return new LayerNames(packageName, false);
    }

    /** {@code Block_5d41402a}: the same name for the same content in every job. */
    static LayerNames byContent(String packageName) {
        return new LayerNames(packageName, true);
    }

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
        return List.copyOf(byContent.values());
    }
}
