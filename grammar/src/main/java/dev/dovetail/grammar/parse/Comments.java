package dev.dovetail.grammar.parse;

import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.Token;

/**
 * The comments of a spec, handed out from top to bottom as the tree is built, so that each ends up in exactly one place.
 * Blank lines travel with them, as empty comments.
 */
final class Comments {
    private record Comment(int start, int end, String text) {}

    private final List<Comment> comments;
    private final String source;
    private int next;
    /** Where the last thing handed out or passed over ended; blank lines are counted from here. */
    private int reached;

    private Comments(List<Comment> comments, String source) {
        this.comments = comments;
        this.source = source;
    }

    static Comments of(List<? extends Token> tokens, TokenPlaces places) {
        List<Comment> comments = tokens.stream()
                .filter(token -> token.getType() == DovetailLexer.COMMENT)
                .map(token -> new Comment(places.start(token), places.end(token), token.getText()))
                .toList();
        return new Comments(comments, places.text());
    }

    /** Comments and blank lines up to {@code offset}, where the next statement starts. */
    List<String> before(int offset, boolean blankAllowedFirst) {
        List<String> lines = new ArrayList<>();
        while (hasNextBefore(offset)) {
            Comment comment = comments.get(next++);
            addBlank(lines, comment.start(), blankAllowedFirst);
            lines.add(text(comment));
            reached = comment.end();
        }
        addBlank(lines, offset, blankAllowedFirst);
        reached = Math.max(reached, offset);
        return lines;
    }

    /** Comments before {@code offset} that stood inside a statement; blank lines there mean nothing. */
    List<String> inside(int offset) {
        List<String> lines = new ArrayList<>();
        while (hasNextBefore(offset)) {
            lines.add(text(comments.get(next++)));
        }
        reached = Math.max(reached, offset);
        return lines;
    }

    /** The comment behind a statement that ended at {@code end}, if on the same line and before {@code limit}; or "". */
    String trailing(int end, int limit) {
        reached = Math.max(reached, end);
        if (!hasNextBefore(limit) || comments.get(next).start() < end) {
            return "";
        }
        Comment comment = comments.get(next);
        if (source.substring(end, comment.start()).contains("\n")) {
            return "";
        }
        next++;
        reached = comment.end();
        return text(comment);
    }

    private boolean hasNextBefore(int offset) {
        return next < comments.size() && comments.get(next).start() < offset;
    }

    private void addBlank(List<String> lines, int offset, boolean blankAllowedFirst) {
        String gap = source.substring(Math.min(reached, offset), offset);
        boolean blank = gap.chars().filter(c -> c == '\n').count() > 1;
        if (blank && (blankAllowedFirst || !lines.isEmpty())) {
            lines.add("");
        }
    }

    /** Canonical spacing: one space behind the slashes unless the author drew a line of them. */
    private static String text(Comment comment) {
        String body = comment.text().substring(2).stripTrailing();
        boolean spaced = body.isEmpty() || body.startsWith(" ") || body.startsWith("/");
        return "//" + (spaced ? body : " " + body);
    }
}
