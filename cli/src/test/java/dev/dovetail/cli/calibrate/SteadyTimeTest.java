package dev.dovetail.cli.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SteadyTimeTest {
    private static final double EXACT = 1e-9;

    /** A core on which a launch takes a millisecond, and others take their turn. */
    private static final class Core implements SteadyTime.Clocks {
        private long own;
        private long passed;
        private int launches;

        void launch(long ownMicros, long othersMicros) {
            own += ownMicros * 1000;
            passed += (ownMicros + othersMicros) * 1000;
            launches++;
        }

        @Override
        public long passedNanos() {
            return passed;
        }

        @Override
        public long ownNanos() {
            return own;
        }
    }

    @Test
    void aQuietCoreIsItsOwn() {
        var core = new Core();
        Timing timing = new SteadyTime(core).of(() -> core.launch(1000, 0));
        assertEquals(1e-3, timing.seconds(), EXACT);
        assertEquals(0, timing.othersShare(), EXACT);
        assertFalse(timing.disturbed());
    }

    @Test
    void otherProgramsShowInTheirShareAndNotInTheSeconds() {
        var core = new Core();
        Timing timing = new SteadyTime(core).of(() -> core.launch(1000, 1500));
        assertEquals(1e-3, timing.seconds(), EXACT);
        assertEquals(0.6, timing.othersShare(), EXACT);
        assertTrue(timing.disturbed());
    }

    /** While the compiler works, the thread waits for it and is slow: neither counts. */
    @Test
    void onlyWarmWindowsCount() {
        var core = new Core();
        Timing timing = new SteadyTime(core).of(() -> {
            if (core.launches < 20) {
                core.launch(5000, 20_000);
            } else {
                core.launch(1000, 0);
            }
        });
        assertEquals(1e-3, timing.seconds(), EXACT);
        assertEquals(0, timing.othersShare(), EXACT);
    }

    @Test
    void ofTwoTimingsTheQuieterCountsNotTheFaster() {
        var disturbed = new Timing(1e-3, 0.5);
        var quiet = new Timing(1.1e-3, 0.01);
        assertSame(quiet, disturbed.quieter(quiet));
        assertSame(quiet, quiet.quieter(disturbed));
    }
}
