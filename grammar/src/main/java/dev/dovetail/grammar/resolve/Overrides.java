package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Block;
import dev.dovetail.grammar.syntax.Declaration;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Import;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.Trivia;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.spec.EntrySchema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code --set NAME=VALUE}: says one entry otherwise, or says it at all. The name is the end of the entry's path
 * ({@code width}, {@code tiny_gpt.width}, {@code train.batch}, {@code fix.tensor}); a decision's name means the one in
 * {@code fix}.
 */
final class Overrides {
    private static final String FIX = "fix";

    private final Diagnostics diagnostics;
    private final Map<String, SourceText> sources;

    /** The texts of overrides are added to {@code sources}. */
    Overrides(Diagnostics diagnostics, Map<String, SourceText> sources) {
        this.diagnostics = diagnostics;
        this.sources = sources;
    }

    SpecFile applied(SpecFile file, List<String> overrides) {
        SpecFile changed = file;
        for (String override : overrides) {
            Optional<Change> change = parsed(override);
            changed = change.isPresent() ? applied(changed, change.get()) : changed;
        }
        return changed;
    }

    /** {@code said} is the entry as it shall be, under the last part of the path. */
    private record Change(List<String> path, Entry said) {}

    private Optional<Change> parsed(String override) {
        int equals = override.indexOf('=');
        List<String> path =
                Arrays.asList(override.substring(0, Math.max(equals, 0)).strip().split("\\."));
        SourceText source = new SourceText(
                "--set " + override, "model set { " + path.getLast() + " " + override.substring(equals + 1) + " }");
        sources.put(source.name(), source);
        if (equals < 1) {
            diagnostics.report(
                    Diagnostic.error(DiagnosticCode.WRONG_VALUE, source.span(0, 1), "`" + override + "` sets nothing")
                            .withHelp("it is written `--set NAME=VALUE`"));
            return Optional.empty();
        }
        ParsedSpec parsed = SpecParser.parse(source);
        diagnostics.reportAll(parsed.diagnostics());
        return parsed.file().declarations().stream()
                .filter(Definition.class::isInstance)
                .flatMap(declaration -> ((Definition) declaration).entries().stream())
                .findFirst()
                .map(entry -> new Change(path, entry));
    }

    private SpecFile applied(SpecFile file, Change change) {
        List<Entry> places = new ArrayList<>();
        for (Declaration declaration : file.declarations()) {
            for (String name : namesOf(declaration)) {
                find(entries(declaration), List.of(name), change.path(), places);
            }
        }
        List<Entry> distinct = places.stream().distinct().toList();
        if (distinct.size() == 1) {
            Entry old = distinct.getFirst();
            return mapped(
                    file, entry -> entry.equals(old) ? Optional.of(replaced(old, change.said())) : Optional.empty());
        }
        if (distinct.size() > 1) {
            reportAmbiguous(change, distinct);
            return file;
        }
        return added(file, change);
    }

    /** Entries whose path ends as asked. */
    private static void find(List<Entry> entries, List<String> above, List<String> wanted, List<Entry> found) {
        for (Entry entry : entries) {
            List<String> path = new ArrayList<>(above);
            path.add(entry.keyword());
            boolean ends = path.size() >= wanted.size()
                    && path.subList(path.size() - wanted.size(), path.size()).equals(wanted);
            if (ends) {
                found.add(entry);
            }
            find(entry.entries(), path, wanted, found);
        }
    }

    /** New values; the block stays unless the change brings one. */
    private static Entry replaced(Entry old, Entry said) {
        return new Entry(said.atoms(), said.block().or(old::block), old.trivia(), old.span());
    }

    private SpecFile added(SpecFile file, Change change) {
        String last = change.path().getLast();
        List<String> above = change.path().subList(0, change.path().size() - 1);
        boolean decision = DecisionReader.DECISIONS.stream().map(Decision::name).anyMatch(last::equals);
        boolean entry =
                TrainJobReader.SCHEMA.entries().stream().map(EntrySchema::name).anyMatch(last::equals);
        List<Declaration> declarations = new ArrayList<>();
        boolean done = false;
        for (Declaration declaration : file.declarations()) {
            boolean job = declaration instanceof Job;
            boolean named = above.isEmpty() ? job : namesOf(declaration).contains(above.getFirst());
            boolean intoFix =
                    job && decision && (above.isEmpty() || above.getLast().equals(FIX) || named);
            boolean intoBlock = above.size() == 1 && named || above.isEmpty() && job && entry;
            if (!done && intoFix) {
                declarations.add(withEntries(declaration, withFixed(entries(declaration), change.said())));
                done = true;
            } else if (!done && intoBlock) {
                declarations.add(withEntries(declaration, with(entries(declaration), change.said())));
                done = true;
            } else {
                declarations.add(declaration);
            }
        }
        if (!done) {
            reportUnknown(file, change);
        }
        return new SpecFile(declarations, file.closing(), file.span());
    }

    private static List<Entry> withFixed(List<Entry> entries, Entry said) {
        boolean fixed = entries.stream().anyMatch(entry -> entry.keyword().equals(FIX));
        if (fixed) {
            return entries.stream()
                    .map(entry -> entry.keyword().equals(FIX) ? withInner(entry, said) : entry)
                    .toList();
        }
        NameAtom fix = new NameAtom(FIX, said.head().span());
        Entry bare = new Entry(List.<Atom>of(fix), Optional.empty(), Trivia.NONE, said.span());
        return with(entries, withInner(bare, said));
    }

    private static Entry withInner(Entry entry, Entry said) {
        Block block = block(with(entry.entries(), said), entry.span());
        return new Entry(entry.atoms(), Optional.of(block), entry.trivia(), entry.span());
    }

    private static List<Entry> with(List<Entry> entries, Entry said) {
        List<Entry> more = new ArrayList<>(entries);
        more.add(said);
        return more;
    }

    private static Block block(List<Entry> entries, SourceSpan span) {
        return new Block(entries, "", List.of(), false, span);
    }

    private interface Replacement {
        Optional<Entry> of(Entry entry);
    }

    private static SpecFile mapped(SpecFile file, Replacement replacement) {
        List<Declaration> declarations = file.declarations().stream()
                .map(declaration -> withEntries(declaration, mapped(entries(declaration), replacement)))
                .toList();
        return new SpecFile(declarations, file.closing(), file.span());
    }

    private static List<Entry> mapped(List<Entry> entries, Replacement replacement) {
        return entries.stream()
                .map(entry -> replacement.of(entry).orElseGet(() -> withMappedBlock(entry, replacement)))
                .toList();
    }

    private static Entry withMappedBlock(Entry entry, Replacement replacement) {
        Optional<Block> block = entry.block()
                .map(old -> new Block(
                        mapped(old.entries(), replacement), old.opening(), old.closing(), old.inline(), old.span()));
        return new Entry(entry.atoms(), block, entry.trivia(), entry.span());
    }

    private static List<Entry> entries(Declaration declaration) {
        return switch (declaration) {
            case Definition definition -> definition.entries();
            case Job job -> job.entries();
            case Import ignored -> List.of();
        };
    }

    private static Declaration withEntries(Declaration declaration, List<Entry> entries) {
        Optional<Block> block = entries.isEmpty() ? Optional.empty() : Optional.of(block(entries, declaration.span()));
        return switch (declaration) {
            case Definition definition ->
                new Definition(
                        definition.kind(),
                        definition.name(),
                        definition.clauses(),
                        block,
                        definition.trivia(),
                        definition.span());
            case Job job ->
                new Job(job.verb(), job.subject(), job.cluster(), job.alias(), block, job.trivia(), job.span());
            case Import ignored -> declaration;
        };
    }

    /** What a path may call a declaration: its name, or its kind. */
    private static List<String> namesOf(Declaration declaration) {
        return switch (declaration) {
            case Definition definition ->
                List.of(definition.name().text(), definition.kind().word());
            case Job job -> List.of(job.name(), job.verb().word());
            case Import ignored -> List.of();
        };
    }

    private void reportAmbiguous(Change change, List<Entry> places) {
        Diagnostic ambiguous = Diagnostic.error(
                        DiagnosticCode.UNKNOWN_NAME,
                        change.said().head().span(),
                        "`" + String.join(".", change.path()) + "` is said in " + places.size() + " places")
                .withHelp("name what it stands in as well, such as `train.batch`");
        for (Entry place : places) {
            ambiguous = ambiguous.withRelated(place.head().span(), "here");
        }
        diagnostics.report(ambiguous);
    }

    private void reportUnknown(SpecFile file, Change change) {
        List<String> known = new ArrayList<>();
        file.declarations().forEach(declaration -> addNames(entries(declaration), known));
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.UNKNOWN_NAME,
                        change.said().head().span(),
                        "nothing is called `" + String.join(".", change.path()) + "` in this spec")
                .withNearest(change.path().getLast(), known));
    }

    private static void addNames(List<Entry> entries, List<String> names) {
        for (Entry entry : entries) {
            names.add(entry.keyword());
            addNames(entry.entries(), names);
        }
    }
}
