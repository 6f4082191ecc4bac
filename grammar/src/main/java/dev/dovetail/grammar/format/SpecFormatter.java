package dev.dovetail.grammar.format;

import dev.dovetail.grammar.syntax.Block;
import dev.dovetail.grammar.syntax.Clause;
import dev.dovetail.grammar.syntax.Declaration;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Import;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.Trivia;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lays out a spec: two spaces of indent, the values of neighbouring entries in one column, comments behind neighbouring
 * lines in one column, a block on one line where its author had it so and it fits, at most one blank line anywhere.
 */
public final class SpecFormatter {
    static final int LINE_WIDTH = 100;
    private static final String INDENT = "  ";

    private SpecFormatter() {}

    /** The text of the spec, comments included; ends in a newline unless empty. */
    public static String format(SpecFile file) {
        List<Row> rows =
                file.declarations().stream().map(SpecFormatter::declarationRow).toList();
        List<Line> lines = new ArrayList<>(RowAligner.lines(rows, 0));
        closing(file.closing(), 0).forEach(lines::add);
        return CommentAligner.text(tidy(lines));
    }

    private static Row declarationRow(Declaration declaration) {
        Trivia trivia = declaration.trivia();
        return switch (declaration) {
            case Import file -> new Row(trivia, "import", AtomText.of(file.path()), List.of(), false, 0);
            case Definition definition -> definitionRow(definition, trivia);
            case Job job -> {
                String alias =
                        job.alias().map(name -> " as " + AtomText.of(name)).orElse("");
                String headline = job.verb().word() + " " + AtomText.of(job.subject()) + " on "
                        + AtomText.of(job.cluster()) + alias;
                yield headlineRow(headline, job.block(), trivia);
            }
        };
    }

    private static Row definitionRow(Definition definition, Trivia trivia) {
        String head = definition.kind().word() + " " + AtomText.of(definition.name());
        List<String> clauses =
                definition.clauses().stream().map(SpecFormatter::clause).toList();
        String rest = String.join(" ", clauses);
        if (definition.block().isEmpty() && !rest.isEmpty()) {
            return new Row(trivia, head, rest, List.of(), true, 0);
        }
        return headlineRow(rest.isEmpty() ? head : head + " " + rest, definition.block(), trivia);
    }

    private static String clause(Clause clause) {
        return clause.kind().word() + " " + AtomText.of(clause.target());
    }

    private static Row headlineRow(String headline, Optional<Block> block, Trivia trivia) {
        BlockText text = block.map(b -> blockText(b, headline.length(), 0)).orElse(BlockText.NONE);
        return new Row(trivia, (headline + " " + text.first()).strip(), "", text.rest(), false, 0);
    }

    /** A block: what stands on the line of its entry, and the lines below. */
    private record BlockText(String first, List<Line> rest) {
        static final BlockText NONE = new BlockText("", List.of());
    }

    /** {@code used} columns of the line are taken at least, before any padding. */
    private static BlockText blockText(Block block, int used, int depth) {
        if (staysInline(block)) {
            String inline = inline(block);
            if (INDENT.length() * depth + used + 1 + inline.length() <= LINE_WIDTH) {
                return new BlockText(inline, List.of());
            }
        }
        List<Line> lines = new ArrayList<>(blockLines(block.entries(), depth + 1));
        closing(block.closing(), depth + 1).forEach(lines::add);
        List<Line> below = tidy(lines);
        if (below.isEmpty() && block.opening().isEmpty()) {
            return new BlockText("{}", List.of());
        }
        below.add(new Line(INDENT.repeat(depth) + "}", "", false));
        String opening = block.opening().isEmpty() ? "{" : "{ " + block.opening();
        return new BlockText(opening, below);
    }

    private static List<Line> blockLines(List<Entry> entries, int depth) {
        List<Row> rows = new ArrayList<>();
        for (Entry entry : entries) {
            Row row = entryRow(entry, depth);
            boolean joins = entry.trivia().joined()
                    && !rows.isEmpty()
                    && row.before().isEmpty()
                    && rows.getLast().canBeJoined()
                    && row.canBeJoinedTo(rows.getLast());
            if (joins) {
                rows.add(rows.removeLast().joinedWith(row));
            } else {
                rows.add(row);
            }
        }
        return RowAligner.lines(rows, depth);
    }

    private static Row entryRow(Entry entry, int depth) {
        String head = AtomText.of(entry.head());
        String values = AtomText.ofValues(entry.atoms());
        int used = head.length() + (values.isEmpty() ? 0 : 1 + values.length());
        BlockText block = entry.block().map(b -> blockText(b, used, depth)).orElse(BlockText.NONE);
        String rest = (values + " " + block.first()).strip();
        boolean aligned = block.rest().isEmpty() && !rest.isEmpty() && !(entry.head() instanceof NumberAtom);
        return new Row(entry.trivia(), head, rest, block.rest(), aligned, depth);
    }

    private static boolean staysInline(Block block) {
        return block.inline()
                && block.opening().isEmpty()
                && block.closing().isEmpty()
                && block.entries().stream().allMatch(SpecFormatter::staysInline);
    }

    private static boolean staysInline(Entry entry) {
        return entry.trivia().after().isEmpty()
                && entry.trivia().before().stream().allMatch(String::isEmpty)
                && entry.block().map(SpecFormatter::staysInline).orElse(true);
    }

    private static String inline(Block block) {
        if (block.entries().isEmpty()) {
            return "{}";
        }
        List<String> entries = block.entries().stream()
                .map(entry -> AtomText.ofEntry(entry.atoms())
                        + entry.block().map(b -> " " + inline(b)).orElse(""))
                .toList();
        return "{ " + String.join(", ", entries) + " }";
    }

    private static List<Line> closing(List<String> comments, int depth) {
        return comments.stream()
                .map(comment -> comment.isEmpty() ? Line.BLANK : new Line(INDENT.repeat(depth) + comment, "", false))
                .toList();
    }

    /** No blank line first or last, and no two in a row. */
    private static List<Line> tidy(List<Line> lines) {
        List<Line> tidy = new ArrayList<>();
        for (Line line : lines) {
            boolean superfluous =
                    line.isBlank() && (tidy.isEmpty() || tidy.getLast().isBlank());
            if (!superfluous) {
                tidy.add(line);
            }
        }
        if (!tidy.isEmpty() && tidy.getLast().isBlank()) {
            tidy.removeLast();
        }
        return tidy;
    }
}
