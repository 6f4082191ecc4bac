package dev.dovetail.grammar.diagnostic;

import dev.dovetail.grammar.syntax.SourceSpan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One mistake of a spec.
 *
 * @param message stands alone: lower case, no full stop, names in backticks
 * @param primary the culprit
 * @param related other places that matter, such as where a name was first declared
 * @param notes why it is wrong
 * @param helps edits that would mend it
 */
public record Diagnostic(
        DiagnosticCode code,
        Severity severity,
        String message,
        Mark primary,
        List<Mark> related,
        List<String> notes,
        List<String> helps)
        implements Comparable<Diagnostic> {

    private static final Comparator<Diagnostic> BY_PLACE = Comparator.comparing((Diagnostic d) -> d.primary.span())
            .thenComparing(Diagnostic::severity)
            .thenComparing(Diagnostic::code)
            .thenComparing(Diagnostic::message);

    public Diagnostic {
        related = List.copyOf(related);
        notes = List.copyOf(notes);
        helps = List.copyOf(helps);
    }

    public static Diagnostic error(DiagnosticCode code, SourceSpan span, String message) {
        return new Diagnostic(code, Severity.ERROR, message, new Mark(span, ""), List.of(), List.of(), List.of());
    }

    /** For what is understood and has no effect yet: the spec can be used all the same. */
    public static Diagnostic warning(DiagnosticCode code, SourceSpan span, String message) {
        return new Diagnostic(code, Severity.WARNING, message, new Mark(span, ""), List.of(), List.of(), List.of());
    }

    /** For what the language allows and the tool cannot do yet; {@code what} is a plural or mass noun. */
    public static Diagnostic unsupported(SourceSpan span, String what) {
        return error(DiagnosticCode.UNSUPPORTED, span, what + " not supported yet");
    }

    public Diagnostic withLabel(String label) {
        return new Diagnostic(code, severity, message, new Mark(primary.span(), label), related, notes, helps);
    }

    public Diagnostic withRelated(SourceSpan span, String label) {
        return new Diagnostic(code, severity, message, primary, appended(related, new Mark(span, label)), notes, helps);
    }

    public Diagnostic withNote(String note) {
        return new Diagnostic(code, severity, message, primary, related, appended(notes, note), helps);
    }

    public Diagnostic withHelp(String help) {
        return new Diagnostic(code, severity, message, primary, related, notes, appended(helps, help));
    }

    /** Adds `did you mean …?` if one of the known names is near enough to what was written. */
    public Diagnostic withNearest(String written, Iterable<String> known) {
        return NearestName.of(written, known)
                .map(near -> withHelp("did you mean `" + near + "`?"))
                .orElse(this);
    }

    @Override
    public int compareTo(Diagnostic other) {
        return BY_PLACE.compare(this, other);
    }

    private static <T> List<T> appended(List<T> list, T item) {
        List<T> longer = new ArrayList<>(list);
        longer.add(item);
        return longer;
    }
}
