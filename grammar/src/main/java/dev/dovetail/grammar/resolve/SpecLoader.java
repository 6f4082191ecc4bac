package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.syntax.Declaration;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Import;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Parses a spec and, once each, the files it imports. */
final class SpecLoader {
    private final SpecFiles files;
    private final Diagnostics diagnostics;
    private final List<Definition> definitions = new ArrayList<>();
    private final List<Job> jobs = new ArrayList<>();
    private final Map<String, SourceText> sources = new LinkedHashMap<>();
    private final Map<String, Path> folders = new LinkedHashMap<>();
    private final Set<Path> underway = new LinkedHashSet<>();
    private final Set<Path> done = new LinkedHashSet<>();
    private boolean complete = true;

    SpecLoader(SpecFiles files, Diagnostics diagnostics) {
        this.files = files;
        this.diagnostics = diagnostics;
    }

    LoadedSpec load(SourceText source, Path folder, List<String> overrides) {
        SpecFile file = new Overrides(diagnostics, sources).applied(parsed(source, folder), overrides);
        underway.add(folder.resolve(Path.of(source.name()).getFileName()).normalize());
        for (Declaration declaration : file.declarations()) {
            if (declaration instanceof Job job) {
                jobs.add(job);
            }
        }
        collect(file, folder);
        return new LoadedSpec(definitions, jobs, sources, folders, complete);
    }

    private SpecFile parsed(SourceText source, Path folder) {
        sources.put(source.name(), source);
        folders.put(source.name(), folder);
        ParsedSpec parsed = SpecParser.parse(source);
        diagnostics.reportAll(parsed.diagnostics());
        complete &= parsed.diagnostics().isEmpty();
        return parsed.file();
    }

    private void collect(SpecFile file, Path folder) {
        for (Declaration declaration : file.declarations()) {
            switch (declaration) {
                case Definition definition -> definitions.add(definition);
                case Import imported -> load(imported, folder);
                case Job ignored -> {}
            }
        }
    }

    private void load(Import imported, Path folder) {
        try {
            Path path = folder.resolve(imported.path().value()).normalize();
            if (underway.contains(path)) {
                report(imported, DiagnosticCode.CYCLE, "`" + imported.path().value() + "` imports itself");
                complete = false;
            } else if (done.add(path)) {
                open(imported, path);
            }
        } catch (IOException | InvalidPathException unreadable) {
            report(
                    imported,
                    DiagnosticCode.MISSING_FILE,
                    "cannot read `" + imported.path().value() + "`: " + unreadable.getMessage());
            complete = false;
        }
    }

    private void open(Import imported, Path path) throws IOException {
        Optional<String> text = files.read(path);
        if (text.isEmpty()) {
            report(
                    imported,
                    DiagnosticCode.MISSING_FILE,
                    "no file `" + imported.path().value() + "`");
            complete = false;
            return;
        }
        String name = besides(imported.span().file(), imported.path().value());
        underway.add(path);
        collect(parsed(new SourceText(name, text.get()), path.getParent()), path.getParent());
        underway.remove(path);
    }

    /** How messages call a file: as seen from where the importing file is seen. */
    private static String besides(String importing, String path) {
        return Path.of(importing).resolveSibling(path).normalize().toString();
    }

    private void report(Import imported, DiagnosticCode code, String message) {
        diagnostics.report(Diagnostic.error(code, imported.path().span(), message));
    }
}
