package dev.dovetail.ir.verify;

import java.util.Map;
import java.util.TreeMap;

/** A set of bytes, kept as disjoint stretches {@code [from, to)}. */
final class ByteIntervals {
    private final TreeMap<Long, Long> stretches = new TreeMap<>();

    boolean containsAll(long from, long to) {
        Map.Entry<Long, Long> at = stretches.floorEntry(from);
        return at != null && at.getValue() >= to;
    }

    boolean containsAny(long from, long to) {
        Map.Entry<Long, Long> last = stretches.lowerEntry(to);
        return last != null && last.getValue() > from;
    }

    /** First byte of {@code [from, to)} that is not in the set. */
    long firstMissing(long from, long to) {
        long at = from;
        Map.Entry<Long, Long> stretch = stretches.floorEntry(at);
        while (at < to && stretch != null && stretch.getValue() > at) {
            at = stretch.getValue();
            stretch = stretches.floorEntry(at);
        }
        return Math.min(at, to);
    }

    void add(long from, long to) {
        long start = from;
        long end = to;
        Map.Entry<Long, Long> neighbour = stretches.floorEntry(end);
        while (neighbour != null && neighbour.getValue() >= start) {
            start = Math.min(start, neighbour.getKey());
            end = Math.max(end, neighbour.getValue());
            stretches.remove(neighbour.getKey());
            neighbour = stretches.floorEntry(end);
        }
        stretches.put(start, end);
    }

    void remove(long from, long to) {
        Map.Entry<Long, Long> stretch = stretches.lowerEntry(to);
        while (stretch != null && stretch.getValue() > from) {
            stretches.remove(stretch.getKey());
            if (stretch.getKey() < from) {
                stretches.put(stretch.getKey(), from);
            }
            if (stretch.getValue() > to) {
                stretches.put(to, stretch.getValue());
            }
            stretch = stretches.lowerEntry(to);
        }
    }
}
