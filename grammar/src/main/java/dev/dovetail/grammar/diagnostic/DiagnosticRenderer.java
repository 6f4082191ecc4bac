package dev.dovetail.grammar.diagnostic;

import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.SourceText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Prints diagnostics for people: the code and message, the place, the line with a caret under the culprit, notes and
 * helps. Places in files whose text is unknown are named without their line.
 */
public final class DiagnosticRenderer {
    private static final int MOST_SHOWN = 40;

    private final Map<String, SourceText> sources;
    private final Paint paint;

    public DiagnosticRenderer(Map<String, SourceText> sources, boolean colour) {
        this.sources = Map.copyOf(sources);
        this.paint = colour ? Paint.ANSI : Paint.PLAIN;
    }

    /** All of them and a count. */
    public String render(List<Diagnostic> diagnostics) {
        return renderAll(diagnostics) + summary(diagnostics);
    }

    /** All of them, parted by blank lines; past {@value #MOST_SHOWN} only counted. */
    public String renderAll(List<Diagnostic> diagnostics) {
        StringBuilder out = new StringBuilder();
        diagnostics.stream()
                .limit(MOST_SHOWN)
                .forEach(diagnostic -> out.append(render(diagnostic)).append('\n'));
        if (diagnostics.size() > MOST_SHOWN) {
            out.append("… and ").append(diagnostics.size() - MOST_SHOWN).append(" more\n\n");
        }
        return out.toString();
    }

    public String render(Diagnostic diagnostic) {
        List<String> lines = new ArrayList<>();
        lines.add(headline(diagnostic));
        SourceSpan place = diagnostic.primary().span();
        String gutter = " ".repeat(gutterWidth(diagnostic));
        lines.add(gutter + paint.frame("-->") + " " + place);
        lines.addAll(excerpt(diagnostic, gutter));
        diagnostic.notes().forEach(note -> lines.add(gutter + paint.frame(" = ") + paint.strong("note: ") + note));
        diagnostic.helps().forEach(help -> lines.add(gutter + paint.frame(" = ") + paint.strong("help: ") + help));
        return String.join("\n", lines) + "\n";
    }

    private String headline(Diagnostic diagnostic) {
        String kind = switch (diagnostic.severity()) {
            case ERROR -> paint.error("error[" + diagnostic.code().text() + "]");
            case WARNING -> paint.warning("warning[" + diagnostic.code().text() + "]");
        };
        return kind + paint.strong(": " + diagnostic.message());
    }

    private List<String> excerpt(Diagnostic diagnostic, String gutter) {
        List<String> lines = new ArrayList<>();
        SourceSpan last = new SourceSpan(diagnostic.primary().span().file(), 0, 0, 0, 0);
        lines.add(gutter + paint.frame(" |"));
        for (Mark mark : marksInOrder(diagnostic)) {
            SourceSpan span = mark.span();
            boolean sameFile = span.file().equals(last.file());
            if (!sameFile) {
                lines.add(gutter + paint.frame(":::") + " " + span);
            }
            SourceText source = sources.get(span.file());
            if (source != null) {
                boolean shown = sameFile && span.line() == last.line();
                appendMarkedLine(lines, source, mark, gutter, mark.equals(diagnostic.primary()), shown);
            }
            last = span;
        }
        return lines.size() == 1 ? List.of() : lines;
    }

    private void appendMarkedLine(
            List<String> lines, SourceText source, Mark mark, String gutter, boolean primary, boolean shown) {
        String text = source.line(mark.span().line());
        String number = String.valueOf(mark.span().line());
        if (!shown) {
            lines.add(paint.frame(number + " ".repeat(gutter.length() - number.length()) + " | ") + text);
        }
        lines.add(gutter + paint.frame(" | ") + underline(mark, text, primary));
    }

    private String underline(Mark mark, String text, boolean primary) {
        int start = Math.min(mark.span().column() - 1, text.length());
        int length = Math.clamp(mark.span().length(), 1, Math.max(1, text.length() - start));
        String strokes = (primary ? "^" : "-").repeat(length);
        String label = mark.label().isEmpty() ? "" : " " + mark.label();
        return indentLike(text.substring(0, start))
                + (primary ? paint.error(strokes + label) : paint.frame(strokes + label));
    }

    /** Tabs stay tabs, so that the caret stands under the culprit whatever a terminal makes of them. */
    private static String indentLike(String text) {
        return text.replaceAll("[^\t]", " ");
    }

    /** Those in the file of the culprit first, by line; then those elsewhere. */
    private static List<Mark> marksInOrder(Diagnostic diagnostic) {
        String file = diagnostic.primary().span().file();
        List<Mark> marks = new ArrayList<>(diagnostic.related());
        marks.add(diagnostic.primary());
        marks.sort(Comparator.comparing((Mark mark) -> !mark.span().file().equals(file))
                .thenComparing(Mark::span));
        return marks;
    }

    private static int gutterWidth(Diagnostic diagnostic) {
        return marksInOrder(diagnostic).stream()
                .mapToInt(mark -> String.valueOf(mark.span().line()).length())
                .max()
                .orElse(1);
    }

    private String summary(List<Diagnostic> diagnostics) {
        long errors = diagnostics.stream()
                .filter(diagnostic -> diagnostic.severity() == Severity.ERROR)
                .count();
        long warnings = diagnostics.size() - errors;
        List<String> counts = new ArrayList<>();
        if (errors > 0) {
            counts.add(errors + (errors == 1 ? " error" : " errors"));
        }
        if (warnings > 0) {
            counts.add(warnings + (warnings == 1 ? " warning" : " warnings"));
        }
        return counts.isEmpty() ? "" : String.join(", ", counts) + "\n";
    }
}
