package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.Block;
import dev.dovetail.grammar.syntax.ClauseKind;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Label;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The entries of a definition with those it takes over: from the config it reads, and from what it extends. */
final class Inheritance {
    private final Definitions definitions;
    private final ModelConfigs configs;
    private final Diagnostics diagnostics;

    Inheritance(Definitions definitions, ModelConfigs configs, Diagnostics diagnostics) {
        this.definitions = definitions;
        this.configs = configs;
        this.diagnostics = diagnostics;
    }

    /** Empty where what is taken over cannot be had; that is reported. */
    Optional<List<Entry>> entries(Definition definition) {
        return entries(definition, new LinkedHashSet<>());
    }

    private Optional<List<Entry>> entries(Definition definition, Set<Definition> underway) {
        if (!underway.add(definition)) {
            diagnostics.report(Diagnostic.error(
                    DiagnosticCode.CYCLE,
                    definition.name().span(),
                    "`" + definition.name().text() + "` extends itself"));
            return Optional.empty();
        }
        Optional<List<Entry>> inherited = Optional.of(List.of());
        Optional<Label> parent = definition.clause(ClauseKind.EXTENDS);
        if (parent.isPresent()) {
            inherited = definitions.find(definition.kind(), parent.get()).flatMap(found -> entries(found, underway));
        }
        Optional<Label> config = definition.clause(ClauseKind.FROM);
        if (config.isPresent()) {
            inherited = inherited.flatMap(
                    entries -> configs.entries(definition, config.get()).map(read -> merged(entries, read)));
        }
        return inherited.map(entries -> merged(entries, definition.entries()));
    }

    /** Entries of {@code over} take the place of those of the same name; blocks that stand alone are merged within. */
    static List<Entry> merged(List<Entry> under, List<Entry> over) {
        Map<String, List<Entry>> overriding = new LinkedHashMap<>();
        over.forEach(entry -> overriding
                .computeIfAbsent(entry.keyword(), name -> new ArrayList<>())
                .add(entry));
        List<Entry> merged = new ArrayList<>();
        Set<String> placed = new LinkedHashSet<>();
        for (Entry entry : under) {
            List<Entry> replacing = overriding.get(entry.keyword());
            if (replacing == null) {
                merged.add(entry);
            } else if (placed.add(entry.keyword())) {
                merged.addAll(replacing.size() == 1 ? List.of(merged(entry, replacing.getFirst())) : replacing);
            }
        }
        over.stream().filter(entry -> !placed.contains(entry.keyword())).forEach(merged::add);
        return merged;
    }

    private static Entry merged(Entry under, Entry over) {
        boolean blocksAlone = under.values().isEmpty() && over.values().isEmpty();
        if (!blocksAlone || under.block().isEmpty() || over.block().isEmpty()) {
            return over;
        }
        Block block = over.block().get();
        List<Entry> entries = merged(under.entries(), over.entries());
        Block both = new Block(entries, block.opening(), block.closing(), block.inline(), block.span());
        return new Entry(over.atoms(), Optional.of(both), over.trivia(), over.span());
    }
}
