package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.NamedDimension;
import dev.dovetail.ir.units.Unit;
import dev.dovetail.ir.units.UnitCatalog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tables of the language reference, written from what the tool reads by. */
final class LanguageTables {
    private LanguageTables() {}

    /** By the name that the reference calls each. */
    static Map<String, String> all() {
        var tables = new LinkedHashMap<String, String>();
        var schemas = Stream.concat(
                Stream.of(
                        DeviceReader.SCHEMA,
                        NodeReader.LINK,
                        NodeReader.NODE,
                        ClusterReader.SCHEMA,
                        ModelReader.SCHEMA,
                        new Schema("sub-layer", SubLayerReader.SHARED),
                        new Schema("composed", ComposedModelReader.SCHEMA.entries()),
                        ComposedModelReader.PART,
                        AdaptationReader.SCHEMA,
                        TrainJobReader.SCHEMA),
                BlockCatalog.standard().blocks().stream().map(block -> block.schema()));
        schemas.forEach(schema -> tables.put(schema.name(), entries(schema)));
        tables.put("units", units());
        tables.put(
                "codes",
                Arrays.stream(DiagnosticCode.values())
                                .map(code -> "`" + code.text() + "`")
                                .collect(Collectors.joining(", "))
                        + "\n");
        tables.put(
                "families",
                HuggingFaceConfig.types().stream()
                                .sorted()
                                .map(type -> "`" + type + "`")
                                .collect(Collectors.joining(", "))
                        + "\n");
        return tables;
    }

    private static String entries(Schema schema) {
        var rows = new ArrayList<String>();
        rows.add("| entry | says |");
        rows.add("|---|---|");
        rows(schema, "", "", rows);
        return String.join("\n", rows) + "\n";
    }

    private static void rows(Schema schema, String before, String after, List<String> rows) {
        for (EntrySchema entry : schema.entries()) {
            String required = entry.required() ? " (required)" : "";
            String repeats = entry.repeats() ? " (may repeat)" : "";
            for (List<Slot> form : forms(entry)) {
                String written = Stream.concat(
                                Stream.of(entry.name()).filter(name -> !name.isEmpty()),
                                form.stream().map(LanguageTables::slot))
                        .collect(Collectors.joining(" "));
                boolean opens = written.equals(entry.name())
                        && entry.block().filter(b -> !b.entries().isEmpty()).isPresent();
                rows.add("| `" + before + written + (opens ? " { … }" : "") + after + "` | " + entry.doc() + required
                        + repeats + " |");
            }
            entry.block().ifPresent(inner -> rows(inner, before + entry.name() + " { ", " }" + after, rows));
        }
    }

    /** An entry that its noun reads itself has no forms; its sentence shows how it is written. */
    private static List<List<Slot>> forms(EntrySchema entry) {
        return entry.forms().isEmpty() ? List.of(List.of()) : entry.forms();
    }

    private static String slot(Slot slot) {
        return switch (slot) {
            case Slot.Word word -> word.text();
            case Slot.Count count -> "N";
            case Slot.Real real -> "NUMBER";
            case Slot.Measure measure -> example(measure.dimension());
            case Slot.Choice choice -> choice.choices().isEmpty() ? "NAME" : String.join("\\|", choice.choices());
            case Slot.Text text -> "\"NAME\"";
            case Slot.Names names -> "[NAME, …]";
            case Slot.Numbers numbers -> "[NUMBER, …]";
        };
    }

    private static String example(Dimension dimension) {
        return NamedDimension.of(dimension).orElseThrow().example();
    }

    private static String units() {
        var rows = new ArrayList<>(List.of("| measures | units |", "|---|---|"));
        for (NamedDimension named : NamedDimension.values()) {
            String units = UnitCatalog.ALL.stream()
                    .filter(unit -> unit.dimension().equals(named.dimension()))
                    .map(Unit::symbol)
                    .map(symbol -> "`" + symbol + "`")
                    .collect(Collectors.joining(", "));
            if (!units.isEmpty()) {
                rows.add("| " + named.words() + " | " + units + " |");
            }
        }
        return String.join("\n", rows) + "\n";
    }

    /** Rows that the table of decisions has to have, as far as they say what may be written. */
    static List<String> decisions() {
        return DecisionReader.DECISIONS.stream()
                .map(decision -> "| `" + decision.name() + "` | " + values(decision.parse()::apply) + " |")
                .toList();
    }

    private interface Parse {
        Object apply(String text);
    }

    /** A decision says what it takes when it is given something else. */
    private static String values(Parse parse) {
        Optional<String> expected = Optional.empty();
        try {
            parse.apply("?");
        } catch (IllegalArgumentException told) {
            String message = told.getMessage();
            expected = Optional.of(message.substring("expected ".length(), message.indexOf(", found")));
        }
        String values = expected.orElseThrow();
        return values.startsWith("one of [") ? values.substring("one of [".length(), values.length() - 1) : values;
    }
}
