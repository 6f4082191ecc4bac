package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Label;
import dev.dovetail.grammar.syntax.SourceSpan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everything that has a name: what the spec and its imports declare, and behind it the shipped catalog. */
final class Definitions {
    private record Key(DefinitionKind kind, String name) {}

    private final Map<Key, Definition> declared = new LinkedHashMap<>();
    private final Catalog catalog;
    private final Diagnostics diagnostics;
    private final boolean complete;

    /** Not {@code complete} where a declaration could not be read: then an unknown name is no second mistake. */
    Definitions(Catalog catalog, Diagnostics diagnostics, boolean complete) {
        this.catalog = catalog;
        this.diagnostics = diagnostics;
        this.complete = complete;
    }

    void declare(Definition definition) {
        Definition earlier = declared.putIfAbsent(
                new Key(definition.kind(), definition.name().text()), definition);
        if (earlier != null && !earlier.equals(definition)) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.DUPLICATE_NAME,
                            definition.name().span(),
                            "a " + definition.kind().word() + " `"
                                    + definition.name().text() + "` is declared twice")
                    .withRelated(earlier.name().span(), "first declared here"));
        }
    }

    /** What the spec or its imports declare under this name. */
    Optional<Definition> declared(DefinitionKind kind, String name) {
        return Optional.ofNullable(declared.get(new Key(kind, name)));
    }

    /** The definition a name refers to; reported at the use if there is none. */
    Optional<Definition> find(DefinitionKind kind, String name, SourceSpan use) {
        Optional<Definition> found =
                Optional.ofNullable(declared.get(new Key(kind, name))).or(() -> catalog.find(kind, name));
        if (found.isEmpty() && complete) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.UNKNOWN_NAME, use, "no " + kind.word() + " is called `" + name + "`")
                    .withNearest(name, names(kind)));
        }
        return found;
    }

    Optional<Definition> find(DefinitionKind kind, Label use) {
        return find(kind, use.text(), use.span());
    }

    /** What the spec and its imports declare, in order. */
    List<Definition> declared() {
        return List.copyOf(declared.values());
    }

    private List<String> names(DefinitionKind kind) {
        List<String> names = new ArrayList<>(declared.keySet().stream()
                .filter(key -> key.kind() == kind)
                .map(Key::name)
                .toList());
        names.addAll(catalog.names(kind));
        return names;
    }
}
