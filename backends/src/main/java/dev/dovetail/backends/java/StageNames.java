package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.MethodSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.lang.model.element.Modifier;

/** Constants and fields that the methods of one generated class share. */
final class StageNames {
    private record Constant(String wanted, long value) {}

    private final ClassName inputs;
    private final FreshNames names = new FreshNames();
    private final Map<Constant, String> constants = new LinkedHashMap<>();
    private final Map<List<Long>, String> tables = new LinkedHashMap<>();
    private final TreeSet<String> axes = new TreeSet<>();

    /** @param inputs type of what a step of the class is given */
    StageNames(ClassName inputs) {
        this.inputs = inputs;
    }

    ClassName inputs() {
        return inputs;
    }

    /** A constant of this value; it is called {@code wanted} unless another value took the name. */
    String constant(String wanted, long value) {
        return constants.computeIfAbsent(new Constant(wanted, value), c -> names.take(c.wanted()));
    }

    String table(List<Long> entries) {
        return tables.computeIfAbsent(entries, e -> names.take("SLOTS"));
    }

    /** Notes that the class asks for its place along an axis. */
    String coordinate(String axis) {
        axes.add(axis);
        return axis + "Rank";
    }

    List<FieldSpec> fields() {
        var fields = new ArrayList<FieldSpec>();
        constants.forEach((constant, name) -> fields.add(constantField(long.class, name)
                .initializer("$L", IndexText.constant(constant.value()))
                .build()));
        tables.forEach((entries, name) -> fields.add(constantField(long[].class, name)
                .initializer("{$L}", entries.stream().map(IndexText::constant).collect(Collectors.joining(", ")))
                .build()));
        return fields;
    }

    /** Fields with this rank's place along the axes that the class asks for. */
    List<FieldSpec> coordinateFields() {
        return axes.stream()
                .map(axis -> FieldSpec.builder(long.class, coordinate(axis), Modifier.PRIVATE, Modifier.FINAL)
                        .build())
                .toList();
    }

    /** A constructor that finds this rank's place. */
    MethodSpec.Builder constructor() {
        var constructor = MethodSpec.constructorBuilder()
                .addModifiers(Modifier.PUBLIC)
                .addParameter(RuntimeTypes.POSITION, "position");
        axes.forEach(axis -> constructor.addStatement(
                "this.$L = position.coordinate($T.$L)",
                coordinate(axis),
                RuntimeTypes.AXIS,
                axis.toUpperCase(Locale.ROOT)));
        return constructor;
    }

    private static FieldSpec.Builder constantField(Class<?> type, String name) {
        return FieldSpec.builder(type, name, Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL);
    }
}
