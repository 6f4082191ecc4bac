package dev.dovetail.optimizer.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.pack.Lifetime;
import dev.dovetail.optimizer.pack.Packing;
import dev.dovetail.optimizer.pack.PackingFixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExactPackerTest {
    private final ExactPacker packer = new ExactPacker(2);

    @Test
    void neverDoesWorseThanGreedyAndProvesWhatItReaches() {
        int improved = 0;
        int proven = 0;
        for (int seed = 0; seed < 60; seed++) {
            var lifetimes = PackingFixtures.random(new SplittableRandom(seed), 60);
            Packing greedy = new GreedyPacker().pack(lifetimes);
            Packing exact = packer.pack(lifetimes);
            PackingFixtures.check(lifetimes, exact);
            assertTrue(exact.peak() <= greedy.peak(), "seed " + seed);
            proven += exact.optimal() ? 1 : 0;
            improved += exact.peak() < greedy.peak() ? 1 : 0;
        }
        assertTrue(improved > 0, "greedy was optimal on every one: the problems are too easy to tell");
        assertTrue(proven >= 55, proven + " of 60 proven");
    }

    @Test
    void agreesWithTryingEveryOrder() {
        for (int seed = 100; seed < 130; seed++) {
            var lifetimes = PackingFixtures.random(new SplittableRandom(seed), 6);
            assertEquals(leastPeak(lifetimes), packer.pack(lifetimes).peak(), "seed " + seed);
        }
    }

    @Test
    void packsTheSameTwice() {
        var lifetimes = PackingFixtures.random(new SplittableRandom(7), 24);
        assertEquals(packer.pack(lifetimes), new ExactPacker(2).pack(lifetimes));
    }

    /** Some optimal packing drops each buffer, in some order, onto those already there. */
    private static long leastPeak(List<Lifetime> lifetimes) {
        return drop(lifetimes, new ArrayList<>(), new long[lifetimes.size()], Long.MAX_VALUE);
    }

    private static long drop(List<Lifetime> lifetimes, List<Integer> placed, long[] offsets, long best) {
        if (placed.size() == lifetimes.size()) {
            long peak = 0;
            for (int i : placed) {
                peak = Math.max(peak, offsets[i] + lifetimes.get(i).bytes());
            }
            return Math.min(best, peak);
        }
        long least = best;
        for (int i = 0; i < lifetimes.size(); i++) {
            if (!placed.contains(i)) {
                offsets[i] = 0;
                for (int other : placed) {
                    if (lifetimes.get(other).meets(lifetimes.get(i))) {
                        offsets[i] = Math.max(
                                offsets[i],
                                offsets[other] + lifetimes.get(other).bytes());
                    }
                }
                placed.add(i);
                least = drop(lifetimes, placed, offsets, least);
                placed.removeLast();
            }
        }
        return least;
    }
}
