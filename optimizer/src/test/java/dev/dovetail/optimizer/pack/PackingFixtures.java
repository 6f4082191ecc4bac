package dev.dovetail.optimizer.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random lifetimes, and the check that a packing of them is one. */
public final class PackingFixtures {
    private PackingFixtures() {}

    public static List<Lifetime> random(SplittableRandom random, int most) {
        int count = random.nextInt(1, most + 1);
        var lifetimes = new ArrayList<Lifetime>();
        for (int i = 0; i < count; i++) {
            int first = random.nextInt(20);
            lifetimes.add(new Lifetime(64L * random.nextInt(1, 9), first, first + random.nextInt(8)));
        }
        return lifetimes;
    }

    public static void check(List<Lifetime> lifetimes, Packing packing) {
        long peak = 0;
        for (int i = 0; i < lifetimes.size(); i++) {
            long start = packing.offsets().get(i);
            long end = start + lifetimes.get(i).bytes();
            peak = Math.max(peak, end);
            for (int j = 0; j < i; j++) {
                long otherStart = packing.offsets().get(j);
                long otherEnd = otherStart + lifetimes.get(j).bytes();
                boolean overlap = start < otherEnd && otherStart < end;
                assertFalse(overlap && lifetimes.get(i).meets(lifetimes.get(j)), i + " meets " + j + " in " + packing);
            }
        }
        assertEquals(peak, packing.peak());
    }
}
