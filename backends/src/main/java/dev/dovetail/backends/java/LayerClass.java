package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeSpec;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.RankClass;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;

/**
 * Writes the class of one kind of layer: its passes and what happens to its parameters once a step. Stages that hold layers
 * of a kind share its class.
 */
final class LayerClass {
    /** Bodies of layers are called after the kind of layer and what they do to it. */
    private static final Pattern NAME = Pattern.compile("(.+)_(forward|backward|discard|reduce|update|decode)");

    private LayerClass() {}

    /** Bodies of one kind of layer, by what each does: {@code forward}, {@code backward}, … */
    record Kind(String name, Map<String, Body> bodies) {}

    /** The kinds of layer that a rank runs: those with a forward pass. */
    static List<Kind> kinds(RankClass rank) {
        var kinds = new LinkedHashMap<String, Map<String, Body>>();
        for (Body body : rank.bodies()) {
            Matcher matcher = NAME.matcher(body.name());
            if (matcher.matches() && !body.instructions().isEmpty()) {
                kinds.computeIfAbsent(matcher.group(1), kind -> new LinkedHashMap<>())
                        .put(matcher.group(2), body);
            }
        }
        return kinds.entrySet().stream()
                .filter(e -> e.getValue().containsKey("forward") || e.getValue().containsKey("decode"))
                .map(e -> new Kind(e.getKey(), e.getValue()))
                .toList();
    }

    /** What a stage calls: the methods of a layer's class. */
    record Printed(JavaSource source, ClassName name, String field, Map<String, BodyMethod.Printed> bodies) {}

    static Printed of(Kind kind, ClassName inputs, KernelCalls kernels, JobHeader header, LayerNames layers) {
        return layers.once(kind, () -> write(kind, inputs, kernels, header, layers));
    }

    private static Printed write(
            Kind kind, ClassName inputs, KernelCalls kernels, JobHeader header, LayerNames layers) {
        var names = new StageNames(inputs);
        var methods = new LinkedHashMap<String, BodyMethod.Printed>();
        kind.bodies().forEach((verb, body) -> methods.put(body.name(), BodyMethod.ofLayer(body, verb, names, kernels)));
        JavaSource source = layers.place(
                kind.name(),
                className -> StageClass.source(
                        className.packageName(), header, type(kind, className, names, methods.values())));
        int dot = source.className().lastIndexOf('.');
        var name = ClassName.get(
                source.className().substring(0, dot), source.className().substring(dot + 1));
        return new Printed(source, name, JavaNames.camel(kind.name()), methods);
    }

    private static TypeSpec type(
            Kind kind, ClassName className, StageNames names, Iterable<BodyMethod.Printed> methods) {
        var type = TypeSpec.classBuilder(className)
                .addModifiers(Modifier.PUBLIC, Modifier.FINAL)
                .addJavadoc(
                        "What a rank does in one layer of kind {@code $L}. Parameters and variables are offsets into its"
                                + " arena, in bytes.\n",
                        kind.name());
        names.fields().forEach(type::addField);
        names.coordinateFields().forEach(type::addField);
        type.addMethod(names.constructor().build());
        methods.forEach(method -> type.addMethod(method.method()));
        return type.build();
    }
}
