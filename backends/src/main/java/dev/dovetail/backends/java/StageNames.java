package dev.dovetail.backends.java;

import com.palantir.javapoet.FieldSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.lang.model.element.Modifier;

/** Constants and fields that the methods of one generated class share. */
final class StageNames {
    private record Constant(String wanted, long value) {}

    private final FreshNames names = new FreshNames();
    private final Map<Constant, String> constants = new LinkedHashMap<>();
    private final Map<List<Long>, String> tables = new LinkedHashMap<>();
    private final TreeSet<String> axes = new TreeSet<>();

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

    List<String> axes() {
        return List.copyOf(axes);
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

    private static FieldSpec.Builder constantField(Class<?> type, String name) {
        return FieldSpec.builder(type, name, Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL);
    }
}
