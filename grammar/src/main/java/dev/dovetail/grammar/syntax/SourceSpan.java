package dev.dovetail.grammar.syntax;

import java.util.Comparator;

/** A stretch of a source: {@code line} and {@code column} count from 1, {@code offset} and {@code length} in chars. */
public record SourceSpan(String file, int line, int column, int offset, int length) implements Comparable<SourceSpan> {
    private static final Comparator<SourceSpan> BY_PLACE = Comparator.comparing(SourceSpan::file)
            .thenComparingInt(SourceSpan::line)
            .thenComparingInt(SourceSpan::column);

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
        return BY_PLACE.compare(this, other);
    }

    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
