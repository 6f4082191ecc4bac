package dev.dovetail.ir.verify;

import java.util.Arrays;

/** A set of bytes, kept as disjoint stretches {@code [from, to)} that do not touch, in order: programs are played on millions of these. */
final class ByteIntervals {
    private static final int ROOM = 64;

    private long[] starts = new long[ROOM];
    private long[] ends = new long[ROOM];
    private int size;

    /** The last stretch that starts at {@code at} or before; -1 where none does. */
    private int floor(long at) {
        int low = 0;
        int high = size - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (starts[middle] <= at) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    boolean containsAll(long from, long to) {
        int at = floor(from);
        return at >= 0 && ends[at] >= to;
    }

    boolean containsAny(long from, long to) {
        int last = floor(to - 1);
        return last >= 0 && ends[last] > from;
    }

    /** First byte of {@code [from, to)} that is not in the set. */
    long firstMissing(long from, long to) {
        int at = floor(from);
        return at >= 0 && ends[at] > from ? Math.min(ends[at], to) : from;
    }

    void add(long from, long to) {
        int first = floor(from);
        first = first >= 0 && ends[first] >= from ? first : first + 1;
        int last = floor(to);
        boolean joins = first <= last;
        long start = joins ? Math.min(from, starts[first]) : from;
        long end = joins ? Math.max(to, ends[last]) : to;
        replace(first, last + 1, 1);
        starts[first] = start;
        ends[first] = end;
    }

    void remove(long from, long to) {
        int first = floor(from);
        first = first >= 0 && ends[first] > from ? first : first + 1;
        int last = floor(to - 1);
        if (first > last) {
            return;
        }
        long left = starts[first];
        long right = ends[last];
        int rest = (left < from ? 1 : 0) + (right > to ? 1 : 0);
        replace(first, last + 1, rest);
        int at = first;
        if (left < from) {
            starts[at] = left;
            ends[at++] = from;
        }
        if (right > to) {
            starts[at] = to;
            ends[at] = right;
        }
    }

    /** Makes room for so many stretches in place of those from {@code first} to before {@code behind}. */
    private void replace(int first, int behind, int count) {
        int grown = size + count - (behind - first);
        if (grown > starts.length) {
            starts = Arrays.copyOf(starts, 2 * starts.length);
            ends = Arrays.copyOf(ends, 2 * ends.length);
        }
        System.arraycopy(starts, behind, starts, first + count, size - behind);
        System.arraycopy(ends, behind, ends, first + count, size - behind);
        size = grown;
    }
}
