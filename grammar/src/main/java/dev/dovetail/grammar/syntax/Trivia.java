package dev.dovetail.grammar.syntax;

import java.util.List;

/**
 * What a statement carries for people only.
 *
 * @param before comments above it, top to bottom; "" is a blank line
 * @param after the comment behind it on its last line, "" without one
 * @param joined whether it began on the line on which the statement before it ended
 */
public record Trivia(List<String> before, String after, boolean joined) {
    public static final Trivia NONE = new Trivia(List.of(), "", false);

    public Trivia {
        before = List.copyOf(before);
    }
}
