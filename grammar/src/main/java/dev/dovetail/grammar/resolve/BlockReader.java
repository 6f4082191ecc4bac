package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.diagnostic.NearestName;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Settings.Setting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads the entries of a block through its schema and reports whatever the schema does not allow. An entry without forms
 * is for its noun to read; here it only counts as known.
 */
final class BlockReader {
    /** The name in a schema of the entry that begins with a number: {@code 8 of a100_sxm_80gb}. */
    static final String COUNTED = "";

    private final Diagnostics diagnostics;

    BlockReader(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    /** {@code owner} is what the block belongs to: a missing entry is reported there. */
    ReadBlock read(List<Entry> entries, SourceSpan owner, Schema schema, Scope outer) {
        Scope scope = outer.inside(entries);
        Map<String, List<Entry>> written = new LinkedHashMap<>();
        Settings settings = new Settings(schema.name(), Origins.of(owner), Map.of());
        List<String> unknown = new ArrayList<>();
        boolean complete = true;
        for (Entry entry : entries) {
            var known = schema.entry(entry.keyword());
            if (known.isEmpty()) {
                complete &= !reportUnknown(entry, schema);
                unknown.add(entry.keyword());
            } else if (isRepetition(entry, known.get(), written)) {
                continue;
            } else {
                written.computeIfAbsent(entry.keyword(), name -> new ArrayList<>())
                        .add(entry);
                settings = withEntry(settings, entry, known.get(), scope);
            }
        }
        if (complete) {
            reportMissing(schema, owner, written, unknown);
        }
        return new ReadBlock(settings, written);
    }

    private Settings withEntry(Settings settings, Entry entry, EntrySchema schema, Scope scope) {
        if (schema.forms().isEmpty()) {
            return settings;
        }
        try {
            return settings.with(schema.name(), setting(entry, schema, scope));
        } catch (Mistake mistake) {
            diagnostics.report(mistake.diagnostic());
            return settings;
        }
    }

    private Setting setting(Entry entry, EntrySchema schema, Scope scope) {
        Map<String, Setting> said = new FormReader(entry, scope).read(schema);
        if (schema.block().isEmpty() && entry.block().isPresent()) {
            diagnostics.report(Diagnostic.error(
                    DiagnosticCode.WRONG_VALUE, entry.block().get().span(), "`" + entry.keyword() + "` has no block"));
        }
        boolean plain = schema.block().isEmpty() && said.size() == 1;
        if (plain) {
            return said.values().iterator().next();
        }
        if (schema.block().isEmpty() && said.isEmpty()) {
            return new Setting.Flag(Origins.of(Spans.headline(entry)));
        }
        return new Setting.Group(group(entry, schema, said, scope));
    }

    private Settings group(Entry entry, EntrySchema schema, Map<String, Setting> said, Scope scope) {
        Settings group = new Settings(schema.name(), Origins.of(Spans.headline(entry)), Map.of());
        if (schema.block().isPresent()) {
            group = read(entry.entries(), Spans.headline(entry), schema.block().get(), scope)
                    .settings();
        }
        for (Map.Entry<String, Setting> slot : said.entrySet()) {
            group = group.with(slot.getKey(), slot.getValue());
        }
        return group;
    }

    /** Answers whether the entry belongs to the language all the same, so that the block may be complete without. */
    private boolean reportUnknown(Entry entry, Schema schema) {
        String word = entry.keyword().isEmpty() ? AtomNames.of(entry.head()) : entry.keyword();
        if (NotYet.isPlanned(schema.name(), word)) {
            diagnostics.report(
                    Diagnostic.unsupported(entry.head().span(), "`" + word + "` in `" + schema.name() + "` is"));
            return true;
        }
        List<String> known = schema.entries().stream()
                .map(EntrySchema::name)
                .filter(name -> !name.isEmpty())
                .toList();
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.UNKNOWN_ENTRY,
                        entry.head().span(),
                        "`" + schema.name() + "` has no entry `" + word + "`")
                .withNearest(word, known)
                .withNote("it knows " + String.join(", ", known)));
        return false;
    }

    private boolean isRepetition(Entry entry, EntrySchema schema, Map<String, List<Entry>> written) {
        List<Entry> before = written.getOrDefault(entry.keyword(), List.of());
        if (schema.repeats() || before.isEmpty()) {
            return false;
        }
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.REPEATED_ENTRY,
                        entry.head().span(),
                        "`" + AtomNames.of(entry.head()) + "` is said twice")
                .withRelated(before.getFirst().head().span(), "first said here")
                .withHelp("several things under one name go in a block or a list"));
        return true;
    }

    /** One message for all that is missing: the reader has one thing to do. */
    private void reportMissing(
            Schema schema, SourceSpan owner, Map<String, List<Entry>> written, List<String> unknown) {
        List<EntrySchema> missing = schema.entries().stream()
                .filter(entry -> entry.required() && !written.containsKey(entry.name()))
                // A misspelled entry is one mistake, not two.
                .filter(entry -> NearestName.of(entry.name(), unknown).isEmpty())
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        String names = missing.stream().map(BlockReader::nameOf).collect(Collectors.joining(", "));
        Diagnostic diagnostic =
                Diagnostic.error(DiagnosticCode.MISSING_ENTRY, owner, "`" + schema.name() + "` needs " + names);
        for (EntrySchema entry : missing) {
            diagnostic = diagnostic.withNote(nameOf(entry) + ": " + entry.doc());
        }
        diagnostics.report(diagnostic);
    }

    private static String nameOf(EntrySchema entry) {
        return entry.name().equals(COUNTED) ? "`8 of <device>`" : "`" + entry.name() + "`";
    }
}
