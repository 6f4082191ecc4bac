package dev.dovetail.grammar.format;

import java.util.ArrayList;
import java.util.List;

/** Puts the values of neighbouring rows into one column. A blank line or a comment line starts a new neighbourhood. */
final class RowAligner {
    private RowAligner() {}

    static List<Line> lines(List<Row> rows, int depth) {
        List<Line> lines = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= rows.size(); i++) {
            if (i == rows.size() || !rows.get(i).before().isEmpty()) {
                append(lines, rows.subList(start, i), depth);
                start = i;
            }
        }
        return lines;
    }

    private static void append(List<Line> lines, List<Row> group, int depth) {
        String indent = "  ".repeat(depth);
        int width = column(group);
        for (Row row : group) {
            row.before()
                    .forEach(comment ->
                            lines.add(comment.isEmpty() ? Line.BLANK : new Line(indent + comment, "", false)));
            String head =
                    row.aligned() ? row.head() + " ".repeat(width - row.head().length()) : row.head();
            String text = row.rest().isEmpty() ? head : head + " " + row.rest();
            if (row.below().isEmpty()) {
                lines.add(new Line(indent + text, row.after(), true));
            } else {
                lines.add(new Line(indent + text, "", false));
                lines.addAll(row.below().subList(0, row.below().size() - 1));
                lines.add(new Line(row.below().getLast().text(), row.after(), true));
            }
        }
    }

    /** The widest aligned name. */
    private static int column(List<Row> group) {
        return group.stream()
                .filter(Row::aligned)
                .mapToInt(row -> row.head().length())
                .max()
                .orElse(0);
    }
}
