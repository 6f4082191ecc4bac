package dev.dovetail.optimizer.law;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class NetworkLawTest {
    private static final NetworkLaw LAW = new NetworkLaw(0.9, 0, 0, 1);
    private static final double BUS = 100e9;

    /** Four nodes of eight: a tree of nodes carries 3/2 of the bytes over each node's cards, a ring 62/32. */
    @Test
    void smallSumsClimbATreeAndLargeOnesGoRound() {
        double small = 16 << 20;
        assertEquals(small * 1.5 / (0.9 * BUS), LAW.reduction(small * 62 / 32, 32, 4, BUS), 1e-12);
        double large = 256L << 20;
        assertEquals(large * 62 / 32 / (0.9 * BUS), LAW.reduction(large * 62 / 32, 32, 4, BUS), 1e-12);
    }

    @Test
    void oneRankOnEachNodeCarriesAsMuchEitherWay() {
        double bytes = 1 << 20;
        assertEquals(LAW.exchange(bytes, BUS), LAW.reduction(bytes, 8, 8, BUS), 1e-12);
    }

    @Test
    void moreBytesNeverTakeLess() {
        double before = 0;
        for (double bytes = 1024; bytes < 1e10; bytes *= 1.3) {
            double seconds = LAW.reduction(bytes, 64, 8, BUS);
            assertTrue(seconds >= before, bytes + " bytes");
            before = seconds;
        }
    }

    /** A message goes past every rank, over links inside nodes and cards between them. */
    @Test
    void broadcastsTakeLongerTheMoreRanksThereAre() {
        assertEquals(9 * (24 * 3.4e-6 + 8 * 14e-6), LAW.broadcasts(9, 32, 8), 1e-12);
        assertEquals(0, LAW.broadcasts(0, 1024, 128), 0);
    }
}
