package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.huggingface.BrokenConfig;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.grammar.resolve.huggingface.UnknownModelType;
import dev.dovetail.grammar.resolve.huggingface.UnsupportedConfig;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Label;
import dev.dovetail.grammar.syntax.SourceText;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code model NAME from "config.json"}: the config said as entries, so that a block after it can override them. */
final class ModelConfigs {
    /** What a declaration made of a config is called: only its entries are read. */
    private static final String NAME = "model_of_config";

    private final SpecFiles files;
    private final Catalog catalog;
    private final Map<String, Path> folders;
    private final Diagnostics diagnostics;
    private final Map<String, SourceText> read = new LinkedHashMap<>();

    /** {@code folders} holds the folder of each source by its name. */
    ModelConfigs(SpecFiles files, Catalog catalog, Map<String, Path> folders, Diagnostics diagnostics) {
        this.files = files;
        this.catalog = catalog;
        this.folders = folders;
        this.diagnostics = diagnostics;
    }

    /** The texts the configs became, for messages that point into them. */
    Map<String, SourceText> sources() {
        return read;
    }

    Optional<List<Entry>> entries(Definition definition, Label path) {
        if (definition.kind() != DefinitionKind.MODEL) {
            report(DiagnosticCode.WRONG_VALUE, path, "only a model is read from a config");
            return Optional.empty();
        }
        return json(path).flatMap(json -> entries(path, json));
    }

    private Optional<String> json(Label path) {
        Path folder = folders.getOrDefault(path.span().file(), Path.of(""));
        try {
            Optional<String> json = files.config(folder, path.text());
            if (json.isEmpty()) {
                reportMissing(path);
            }
            return json;
        } catch (IOException | InvalidPathException unreadable) {
            report(DiagnosticCode.MISSING_FILE, path, "cannot read `" + path.text() + "`: " + unreadable.getMessage());
            return Optional.empty();
        }
    }

    private void reportMissing(Label path) {
        List<String> known = catalog.models().stream()
                .map(name -> "models/" + name + "/config.json")
                .toList();
        diagnostics.report(Diagnostic.error(DiagnosticCode.MISSING_FILE, path.span(), "no config `" + path.text() + "`")
                .withNote("looked beside the spec and in the shipped catalog")
                .withNearest(path.text(), known));
    }

    private Optional<List<Entry>> entries(Label path, String json) {
        try {
            String text = HuggingFaceConfig.declaration(NAME, json);
            SourceText source = new SourceText(path.text() + " as a spec", text);
            read.put(source.name(), source);
            ParsedSpec parsed = SpecParser.parse(source);
            if (!parsed.diagnostics().isEmpty()) {
                throw new IllegalStateException("a config became a broken spec: " + parsed.diagnostics() + "\n" + text);
            }
            return Optional.of(((Definition) parsed.file().declarations().getFirst()).entries());
        } catch (BrokenConfig broken) {
            report(DiagnosticCode.BROKEN_CONFIG, path, "`" + path.text() + "` is no config: " + broken.getMessage());
        } catch (UnknownModelType unknown) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.UNKNOWN_NAME, path.span(), "`" + path.text() + "`: " + unknown.getMessage())
                    .withNearest(unknown.type(), unknown.known())
                    .withNote("its `model_type` is one of " + String.join(", ", unknown.known())));
        } catch (UnsupportedConfig unsupported) {
            diagnostics.report(Diagnostic.unsupported(path.span(), unsupported.getMessage()));
        }
        return Optional.empty();
    }

    private void report(DiagnosticCode code, Label path, String message) {
        diagnostics.report(Diagnostic.error(code, path.span(), message));
    }
}
