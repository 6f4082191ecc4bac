package dev.dovetail.grammar.format;

import dev.dovetail.grammar.syntax.Trivia;
import java.util.List;

/**
 * One or more statements that share a line.
 *
 * @param head the name, padded to the column of its neighbours if {@code aligned}
 * @param rest what follows on the line; may end in an opening brace
 * @param below the further lines of a block
 */
record Row(List<String> before, String head, String rest, List<Line> below, String after, boolean aligned, int depth) {

    Row(Trivia trivia, String head, String rest, List<Line> below, boolean aligned, int depth) {
        this(trivia.before(), head, rest, below, trivia.after(), aligned, depth);
    }

    String text() {
        return rest.isEmpty() ? head : head + " " + rest;
    }

    /** A comma may follow: nothing below, no comment that would swallow it. */
    boolean canBeJoined() {
        return below.isEmpty() && after.isEmpty();
    }

    boolean canBeJoinedTo(Row previous) {
        int width = 2 * depth + previous.text().length() + 2 + text().length();
        return below.isEmpty() && width <= SpecFormatter.LINE_WIDTH;
    }

    Row joinedWith(Row next) {
        return rest.isEmpty()
                ? new Row(before, head + ", " + next.text(), "", List.of(), next.after, false, depth)
                : new Row(before, head, rest + ", " + next.text(), List.of(), next.after, aligned, depth);
    }
}
