package dev.dovetail.optimizer.pack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Places buffers one after the other into the smallest gap that takes them, in several orders, and keeps the best.
 *
 * <p>Largest first comes within a few percent of the optimum on the graphs of neural networks (Pisarchyk and Lee 2020,
 * arXiv:2001.03288); the other orders repair most of its misses.
 */
public final class GreedyPacker implements OffsetPacker {

    @Override
    public Packing pack(List<Lifetime> lifetimes) {
        long bound = LiveBytes.peak(lifetimes);
        Packing best = new Packing(new ArrayList<>(stacked(lifetimes)), total(lifetimes), bound);
        for (Comparator<Integer> order : orders(lifetimes)) {
            Packing packing = place(lifetimes, order, bound);
            best = packing.peak() < best.peak() ? packing : best;
            if (best.optimal()) {
                return best;
            }
        }
        return best;
    }

    private static long total(List<Lifetime> lifetimes) {
        return lifetimes.stream().mapToLong(Lifetime::bytes).sum();
    }

    private static List<Long> stacked(List<Lifetime> lifetimes) {
        var offsets = new ArrayList<Long>();
        long next = 0;
        for (Lifetime lifetime : lifetimes) {
            offsets.add(next);
            next += lifetime.bytes();
        }
        return offsets;
    }

    private static List<Comparator<Integer>> orders(List<Lifetime> lifetimes) {
        Comparator<Integer> largest =
                Comparator.comparingLong(i -> -lifetimes.get(i).bytes());
        Comparator<Integer> longest = Comparator.comparingInt(
                i -> lifetimes.get(i).first() - lifetimes.get(i).last());
        Comparator<Integer> earliest =
                Comparator.comparingInt(i -> lifetimes.get(i).first());
        Comparator<Integer> latest =
                Comparator.comparingInt(i -> -lifetimes.get(i).last());
        Comparator<Integer> area =
                Comparator.comparingDouble(i -> -(double) lifetimes.get(i).bytes()
                        * (1 + lifetimes.get(i).last() - lifetimes.get(i).first()));
        return List.of(
                largest.thenComparing(longest),
                area.thenComparing(largest),
                longest.thenComparing(largest),
                earliest.thenComparing(longest).thenComparing(largest),
                latest.thenComparing(longest).thenComparing(largest));
    }

    private static Packing place(List<Lifetime> lifetimes, Comparator<Integer> order, long bound) {
        var sequence = new ArrayList<Integer>();
        for (int i = 0; i < lifetimes.size(); i++) {
            sequence.add(i);
        }
        sequence.sort(order.thenComparing(Comparator.naturalOrder()));
        var row = new Row(lifetimes);
        sequence.forEach(row::place);
        return new Packing(Arrays.stream(row.offsets).boxed().toList(), row.peak, bound);
    }

    /** Buffers placed so far, the lowest first. */
    private static final class Row {
        private final List<Lifetime> lifetimes;
        private final long[] offsets;
        private final int[] placed;
        private int count;
        private long peak;

        Row(List<Lifetime> lifetimes) {
            this.lifetimes = lifetimes;
            this.offsets = new long[lifetimes.size()];
            this.placed = new int[lifetimes.size()];
        }

        void place(int next) {
            long offset = tightestGap(lifetimes.get(next));
            offsets[next] = offset;
            peak = Math.max(peak, offset + lifetimes.get(next).bytes());
            int at = count++;
            for (; at > 0 && offsets[placed[at - 1]] > offset; at--) {
                placed[at] = placed[at - 1];
            }
            placed[at] = next;
        }

        /** The start of the smallest gap between buffers alive at the same time that takes {@code lifetime}, else their end. */
        private long tightestGap(Lifetime lifetime) {
            long end = 0;
            long best = -1;
            long smallest = Long.MAX_VALUE;
            for (int i = 0; i < count; i++) {
                Lifetime other = lifetimes.get(placed[i]);
                if (!other.meets(lifetime)) {
                    continue;
                }
                long gap = offsets[placed[i]] - end;
                if (gap >= lifetime.bytes() && gap < smallest) {
                    smallest = gap;
                    best = end;
                }
                end = Math.max(end, offsets[placed[i]] + other.bytes());
            }
            return best >= 0 ? best : end;
        }
    }
}
