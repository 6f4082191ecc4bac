package dev.dovetail.grammar.syntax;

/** The text of one spec under the name that messages call it by. */
public record SourceText(String name, String text) {

    /** The place of {@code length} characters from {@code offset}; lines and columns count from 1. */
    public SourceSpan span(int offset, int length) {
        int start = Math.clamp(offset, 0, text.length());
        int lineStart = text.lastIndexOf('\n', start - 1) + 1;
        int line =
                1 + (int) text.chars().limit(lineStart).filter(c -> c == '\n').count();
        return new SourceSpan(name, line, start - lineStart + 1, start, length);
    }

    /** Line {@code number}, counted from 1, without its line end; empty past the end. */
    public String line(int number) {
        String[] lines = text.split("\n", -1);
        return number < 1 || number > lines.length ? "" : lines[number - 1].replace("\r", "");
    }
}
