package dev.dovetail.grammar.format;

import java.util.List;

/** Puts the comments behind neighbouring lines into one column and joins the lines. */
final class CommentAligner {
    private CommentAligner() {}

    static String text(List<Line> lines) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); ) {
            int end = i + 1;
            while (end < lines.size() && hasComment(lines.get(i)) && hasComment(lines.get(end))) {
                end++;
            }
            append(out, lines.subList(i, end));
            i = end;
        }
        return out.toString();
    }

    private static boolean hasComment(Line line) {
        return !line.comment().isEmpty();
    }

    private static void append(StringBuilder out, List<Line> group) {
        int column = group.stream().mapToInt(line -> line.text().length()).max().orElse(0) + 2;
        for (Line line : group) {
            out.append(line.text());
            if (hasComment(line)) {
                out.repeat(" ", column - line.text().length()).append(line.comment());
            }
            out.append('\n');
        }
    }
}
