package dev.dovetail.optimizer.search;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Bounds at every clock from a look at a few: a kernel takes no longer at a faster clock, and no less than the clocks' ratio allows. What
 * is bounded at one clock is so at all others, closely where most of a step is arithmetic.
 */
final class OverClocks {
    /** Clocks that a plan is bounded at; each look takes as long as bounding it where the clock is known. */
    private static final int LOOKS = 3;

    private final Source source;
    private final Bound.Asked asked;
    private final List<Integer> clocks;
    private final Figures[] least;
    private final BitSet open = new BitSet();

    /** Bounds on an unfinished plan at one clock, MHz, and what follows from them for others. */
    interface Source {
        /** Quickly found. */
        IntFunction<Figures> floor(int clock);

        /** As sharp as it gets. */
        IntFunction<Figures> at(int clock);
    }

    /** @param clocks to look at, fastest first */
    OverClocks(Source source, List<Integer> clocks, Bound.Asked asked) {
        this.source = source;
        this.asked = asked;
        this.clocks = clocks;
        this.least = new Figures[clocks.size()];
        open.set(0, least.length);
    }

    List<Bound> bounds() {
        look(source::floor);
        look(source::at);
        if (open.isEmpty()) {
            return List.of();
        }
        List<Integer> left = open.stream().mapToObj(clocks::get).toList();
        if (asked.promise().isEmpty()) {
            return open.stream()
                    .mapToObj(i -> new Bound(least[i], List.of(clocks.get(i))))
                    .toList();
        }
        Figures all =
                open.stream().mapToObj(i -> least[i]).reduce(Figures::lowest).orElseThrow();
        return List.of(new Bound(all, left));
    }

    private void look(IntFunction<IntFunction<Figures>> bound) {
        var seen = new BitSet();
        for (int looks = 0; looks < LOOKS && !open.isEmpty(); looks++) {
            int next = next(seen);
            if (seen.get(next)) {
                return;
            }
            seen.set(next);
            spread(bound.apply(clocks.get(next)));
        }
    }

    /** Slower than the most promising clock, since what is bounded there holds closely for all that are faster, and ever closer to it. */
    private int next(BitSet seen) {
        int best = promising(seen);
        int slower = seen.nextSetBit(best);
        int slowest = slower >= 0 ? slower : open.length() - 1;
        int between = (best + slowest) / 2;
        int there = open.nextSetBit(between);
        return seen.get(best) ? best : there >= 0 && !seen.get(there) ? there : best;
    }

    private int promising(BitSet seen) {
        if (asked.promise().isEmpty() || least[open.nextSetBit(0)] == null) {
            return middle(seen);
        }
        int best = open.nextSetBit(0);
        for (int i = best; i >= 0; i = open.nextSetBit(i + 1)) {
            best = asked.promise().get().compare(least[i], least[best]) < 0 ? i : best;
        }
        return best;
    }

    /** Of the clocks that nothing is known of yet. */
    private int middle(BitSet seen) {
        List<Integer> left =
                new ArrayList<>(open.stream().filter(i -> !seen.get(i)).boxed().toList());
        return left.isEmpty() ? open.nextSetBit(0) : left.get(left.size() / 2);
    }

    private void spread(IntFunction<Figures> bound) {
        for (int i = open.nextSetBit(0); i >= 0; i = open.nextSetBit(i + 1)) {
            Figures here = bound.apply(clocks.get(i));
            least[i] = least[i] == null ? here : least[i].highest(here);
            if (asked.out().test(least[i])) {
                open.clear(i);
            }
        }
    }
}
