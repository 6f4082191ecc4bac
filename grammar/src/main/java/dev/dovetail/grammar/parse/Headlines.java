package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.ClauseKind;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.GroupAtom;
import dev.dovetail.grammar.syntax.JobVerb;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.OperatorAtom;
import dev.dovetail.grammar.syntax.PathAtom;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.StringAtom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Explains a headline that is none of the declarations: which word is wrong, or what is missing and where. */
final class Headlines {
    private static final List<String> KEYWORDS = Stream.of(
                    Stream.of("import"),
                    Arrays.stream(DefinitionKind.values()).map(DefinitionKind::word),
                    Arrays.stream(JobVerb.values()).map(JobVerb::word))
            .flatMap(words -> words)
            .toList();

    private final Diagnostics diagnostics;

    Headlines(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    void report(List<Atom> atoms) {
        if (atoms.isEmpty()) {
            return;
        }
        String word = text(atoms.getFirst());
        if (word.equals("import")) {
            expect(atoms, 1, "\"<file>\"", "import \"<file>\"");
        } else if (DefinitionKind.of(word).isPresent()) {
            definition(word, atoms);
        } else if (JobVerb.of(word).isPresent()) {
            job(word, atoms);
        } else {
            unknown(atoms.getFirst(), word);
        }
    }

    private void unknown(Atom first, String word) {
        Diagnostic unknown = Diagnostic.error(
                DiagnosticCode.UNKNOWN_DECLARATION, first.span(), "`" + word + "` begins no declaration");
        diagnostics.report(unknown.withNearest(word, KEYWORDS)
                .withNote("a declaration begins with one of " + String.join(", ", KEYWORDS)));
    }

    private void definition(String word, List<Atom> atoms) {
        String form = word + " <name> { … }";
        if (!isLabel(atoms, 1)) {
            expect(atoms, 1, "<name>", form);
            return;
        }
        int at = 2;
        while (at < atoms.size() && ClauseKind.of(text(atoms.get(at))).isPresent() && isLabel(atoms, at + 1)) {
            at += 2;
        }
        boolean clauseWithoutName =
                at < atoms.size() && ClauseKind.of(text(atoms.get(at))).isPresent();
        if (clauseWithoutName) {
            expect(atoms, at + 1, "<name>", word + " <name> " + text(atoms.get(at)) + " <name>");
        } else {
            expect(atoms, at, "{", form);
        }
    }

    private void job(String verb, List<Atom> atoms) {
        List<String> form = new ArrayList<>(List.of("<subject>", "on", "<cluster>"));
        String written = verb + " <subject> on <cluster> { … }";
        for (int i = 0; i < form.size(); i++) {
            String part = form.get(i);
            boolean matches = part.startsWith("<") ? isLabel(atoms, i + 1) : isWord(atoms, i + 1, part);
            if (!matches) {
                expect(atoms, i + 1, part, written);
                return;
            }
        }
        boolean alias = isWord(atoms, 4, "as");
        expect(atoms, alias ? 5 : 4, alias ? "<name>" : "{", written);
    }

    private void expect(List<Atom> atoms, int index, String expected, String form) {
        boolean present = index < atoms.size();
        SourceSpan span =
                present ? atoms.get(index).span() : atoms.getLast().span().after();
        String found = present ? ", found `" + text(atoms.get(index)) + "`" : "";
        diagnostics.report(
                Diagnostic.error(DiagnosticCode.MALFORMED_DECLARATION, span, "expected `" + expected + "`" + found)
                        .withHelp("it is written `" + form + "`"));
    }

    private static boolean isLabel(List<Atom> atoms, int index) {
        return index < atoms.size() && (atoms.get(index) instanceof NameAtom || atoms.get(index) instanceof StringAtom);
    }

    private static boolean isWord(List<Atom> atoms, int index, String word) {
        return index < atoms.size()
                && atoms.get(index) instanceof NameAtom
                && text(atoms.get(index)).equals(word);
    }

    private static String text(Atom atom) {
        return switch (atom) {
            case NameAtom name -> name.text();
            case PathAtom path -> path.text();
            case NumberAtom number -> number.text();
            case StringAtom string -> StringAtom.quote(string.value());
            case OperatorAtom operator -> operator.operator().symbol();
            case ListAtom ignored -> "[";
            case GroupAtom ignored -> "(";
        };
    }
}
