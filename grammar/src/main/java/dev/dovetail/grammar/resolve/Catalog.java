package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.syntax.Declaration;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.SourceText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The devices, links, nodes and models that ship with the tool, written in its own language. */
public final class Catalog {
    private static final String ROOT = "/catalog/";
    private static final String INDEX = "index.txt";
    private static final String CONFIG = "/config.json";

    private final List<String> files;
    private final List<SourceText> specs;
    private final List<Definition> definitions;

    private Catalog(List<String> files, List<ParsedSpec> parsed) {
        this.files = List.copyOf(files);
        this.specs = parsed.stream().map(ParsedSpec::source).toList();
        List<Definition> found = new ArrayList<>();
        for (ParsedSpec spec : parsed) {
            for (Declaration declaration : spec.file().declarations()) {
                if (declaration instanceof Definition definition) {
                    found.add(definition);
                }
            }
        }
        this.definitions = List.copyOf(found);
    }

    /** The catalog inside this very program. */
    public static Catalog shipped() {
        List<String> files = text(INDEX)
                .orElseThrow()
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        List<ParsedSpec> parsed = files.stream()
                .filter(file -> file.endsWith(".dove"))
                .map(file -> SpecParser.parse(
                        new SourceText("catalog/" + file, text(file).orElseThrow())))
                .toList();
        return new Catalog(files, parsed);
    }

    public Optional<Definition> find(DefinitionKind kind, String name) {
        return definitions.stream()
                .filter(definition ->
                        definition.kind() == kind && definition.name().text().equals(name))
                .findFirst();
    }

    public List<String> names(DefinitionKind kind) {
        return definitions.stream()
                .filter(definition -> definition.kind() == kind)
                .map(definition -> definition.name().text())
                .toList();
    }

    public List<Definition> definitions() {
        return definitions;
    }

    /** Names of the models it has configs of; {@code from "models/NAME/config.json"} reads one. */
    public List<String> models() {
        return files.stream()
                .filter(file -> file.startsWith("models/") && file.endsWith(CONFIG))
                .map(file -> file.substring("models/".length(), file.length() - CONFIG.length()))
                .toList();
    }

    /** The text of a config, such as {@code models/llama-3-8b/config.json}. */
    public Optional<String> config(String path) {
        return files.contains(path) ? text(path) : Optional.empty();
    }

    /** Its texts, by the name that messages call them. */
    public Map<String, SourceText> sources() {
        Map<String, SourceText> sources = new LinkedHashMap<>();
        specs.forEach(source -> sources.put(source.name(), source));
        return sources;
    }

    private static Optional<String> text(String file) {
        try (InputStream stream = Catalog.class.getResourceAsStream(ROOT + file)) {
            return stream == null
                    ? Optional.empty()
                    : Optional.of(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
