package dev.dovetail.runtime.collective;

import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;

/**
 * How a buffer is cut among the ranks of a group, in elements.
 *
 * <p>The buffer is seen as {@code outer} rows of {@code total} elements, and each row is cut into one piece per rank.
 * With {@code outer} 1 the pieces are contiguous; with more, a rank's part is a column block of the buffer, which is what
 * splitting an inner dim (the sequence of a [batch, sequence, width] tensor) needs. A rank's own part is always dense.
 *
 * @param mirrored whether a piece is two stretches of a row, the second as far from its end as the first from its beginning
 */
public record Chunks(long outer, List<Long> counts, boolean mirrored) {
    public Chunks {
        counts = List.copyOf(counts);
        if (outer < 1 || counts.isEmpty() || counts.stream().anyMatch(c -> c < 0)) {
            throw new IllegalArgumentException("cannot cut " + outer + " rows into " + counts);
        }
    }

    /** Elements of a row that lie together. */
    public record Stretch(long start, long count) {}

    public Chunks(long outer, List<Long> counts) {
        this(outer, counts, false);
    }

    /** Rows of {@code total} elements, of each of which a part gets an early and a late stretch of equal length. */
    public static Chunks mirrored(long outer, long total, int parts) {
        if (total % (2L * parts) != 0) {
            throw new IllegalArgumentException(total + " elements are not " + 2 * parts + " equal stretches");
        }
        return new Chunks(outer, Collections.nCopies(parts, total / parts), true);
    }

    /** Where piece {@code part} lies in a row, in the order in which its elements are kept. */
    public List<Stretch> stretches(int part) {
        long start = start(part);
        long count = count(part);
        if (!mirrored) {
            return List.of(new Stretch(start, count));
        }
        long half = count / 2;
        return List.of(new Stretch(start / 2, half), new Stretch(total() - start / 2 - half, half));
    }

    /** {@code total} elements in pieces that differ by one at most; some are empty when there are few elements. */
    public static Chunks even(long total, int parts) {
        return even(1, total, parts);
    }

    /** Rows of {@code total} elements, each cut into pieces that differ by one at most. */
    public static Chunks even(long outer, long total, int parts) {
        return new Chunks(
                outer,
                LongStream.range(0, parts)
                        .map(j -> start(total, parts, j + 1) - start(total, parts, j))
                        .boxed()
                        .toList());
    }

    /** Where piece {@code part} of an even cut begins; {@code part == parts} gives the end. */
    public static long start(long total, int parts, long part) {
        return Math.multiplyExact(total, part) / parts;
    }

    public int parts() {
        return counts.size();
    }

    /** Elements of a row. */
    public long total() {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    /** Elements of all pieces before {@code part} in a row. */
    public long start(int part) {
        return counts.subList(0, part).stream().mapToLong(Long::longValue).sum();
    }

    /** Elements of piece {@code part} in a row. */
    public long count(int part) {
        return counts.get(part);
    }

    /** Elements of the whole part of one rank. */
    public long elements(int part) {
        return outer * count(part);
    }
}
