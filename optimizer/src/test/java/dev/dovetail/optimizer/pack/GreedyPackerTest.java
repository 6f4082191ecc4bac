package dev.dovetail.optimizer.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GreedyPackerTest {
    private final OffsetPacker packer = new GreedyPacker();

    @Test
    void reusesTheBytesOfADeadBuffer() {
        Packing packing = packer.pack(List.of(new Lifetime(128, 0, 1), new Lifetime(128, 2, 3)));
        assertEquals(List.of(0L, 0L), packing.offsets());
        assertTrue(packing.optimal());
    }

    @Test
    void keepsApartBuffersThatMeetAtOneInstruction() {
        Packing packing = packer.pack(List.of(new Lifetime(128, 0, 2), new Lifetime(64, 2, 3)));
        assertEquals(192, packing.peak());
    }

    @Test
    void neverLetsLiveBuffersShareAByte() {
        for (int seed = 0; seed < 200; seed++) {
            var lifetimes = PackingFixtures.random(new SplittableRandom(seed), 30);
            Packing packing = packer.pack(lifetimes);
            PackingFixtures.check(lifetimes, packing);
        }
    }

    @Test
    void packsNothingIntoNothing() {
        assertEquals(new Packing(List.of(), 0, 0), packer.pack(List.of()));
    }

    @Test
    void rejectsALifetimeThatEndsBeforeItStarts() {
        assertThrows(IllegalArgumentException.class, () -> new Lifetime(64, 3, 2));
    }

    @Test
    void stacksABackwardPassOnItsForwardPass() {
        // Saved activations die in the reverse order of their birth: a stack, which every order packs without a gap.
        var lifetimes = new ArrayList<Lifetime>();
        for (int layer = 0; layer < 12; layer++) {
            lifetimes.add(new Lifetime(64L * (layer + 1), layer, 24 - layer));
        }
        assertTrue(packer.pack(lifetimes).optimal());
    }
}
