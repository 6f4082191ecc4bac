package dev.dovetail.grammar.format;

/** A line of output; {@code comment} stands behind the text, "" without one. */
record Line(String text, String comment, boolean mayShareCommentColumn) {
    static final Line BLANK = new Line("", "", false);

    boolean isBlank() {
        return text.isEmpty() && comment.isEmpty();
    }
}
