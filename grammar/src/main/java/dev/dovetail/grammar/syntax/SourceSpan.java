package dev.dovetail.grammar.syntax;

/** A stretch of a source: {@code line} and {@code column} count from 1, {@code offset} and {@code length} in chars. */
public record SourceSpan(String file, int line, int column, int offset, int length) implements Comparable<SourceSpan> {

    /** The stretch from the start of this to the end of {@code last}. */
    public SourceSpan through(SourceSpan last) {
        return new SourceSpan(file, line, column, offset, Math.max(last.end() - offset, length));
    }

    /** The place directly behind this: where something is missing. */
    public SourceSpan after() {
        return new SourceSpan(file, line, column + length, offset + length, 1);
    }

    public int end() {
        return offset + length;
    }

    @Override
    public int compareTo(SourceSpan other) {
        int byFile = file.compareTo(other.file);
        return byFile != 0 ? byFile : Integer.compare(offset, other.offset);
    }

    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
