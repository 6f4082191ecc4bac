package dev.dovetail.cli.calibrate;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Times work by repeating it until the compiler has finished with it: the median of the windows from then on. */
final class SteadyTime {
    /** Long enough that the clock's grain and a scheduler's slice do not show. */
    private static final long WINDOW_NANOS = 4_000_000;
    /** Work is warm when this many windows in a row have not found it faster. */
    private static final int STEADY_WINDOWS = 25;

    private static final long LONGEST_OWN_NANOS = 2_500_000_000L;
    /** On a busy machine a core is a thread's own a part of the time only. */
    private static final long LONGEST_PASSED_NANOS = 2 * LONGEST_OWN_NANOS;

    private final Clocks clocks;

    /** What has passed, and what of it this thread had a processor. */
    interface Clocks {
        long passedNanos();

        long ownNanos();

        /** Of work that several threads do together. */
        static Clocks ofTheWall() {
            return withOwn(System::nanoTime);
        }

        static Clocks ofThread() {
            return withOwn(ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime);
        }

        private static Clocks withOwn(LongSupplier own) {
            return new Clocks() {
                @Override
                public long passedNanos() {
                    return System.nanoTime();
                }

                @Override
                public long ownNanos() {
                    return own.getAsLong();
                }
            };
        }
    }

    /** Time of one launch, and of the whole window. */
    private record Window(double launchSeconds, long ownNanos, long passedNanos) {}

    SteadyTime(Clocks clocks) {
        this.clocks = clocks;
    }

    Timing of(Runnable launch) {
        var windows = new ArrayList<Window>();
        double best = Double.POSITIVE_INFINITY;
        int sinceBest = 0;
        long ownBefore = clocks.ownNanos();
        long passedBefore = clocks.passedNanos();
        while (sinceBest < STEADY_WINDOWS
                && clocks.ownNanos() - ownBefore < LONGEST_OWN_NANOS
                && clocks.passedNanos() - passedBefore < LONGEST_PASSED_NANOS) {
            Window window = window(launch);
            windows.add(window);
            boolean improved = window.launchSeconds() < 0.97 * best;
            best = Math.min(best, window.launchSeconds());
            sinceBest = improved ? 0 : sinceBest + 1;
        }
        return summary(windows.subList(Math.max(0, windows.size() - STEADY_WINDOWS), windows.size()));
    }

    private Window window(Runnable launch) {
        long passedBefore = clocks.passedNanos();
        long began = clocks.ownNanos();
        long now = began;
        int launches = 0;
        while (now - began < WINDOW_NANOS) {
            for (int i = 0; i <= launches / 4; i++) {
                launch.run();
            }
            launches += launches / 4 + 1;
            now = clocks.ownNanos();
        }
        return new Window((now - began) * 1e-9 / launches, now - began, clocks.passedNanos() - passedBefore);
    }

    private static Timing summary(List<Window> steady) {
        double own = steady.stream().mapToLong(Window::ownNanos).sum();
        double passed = steady.stream().mapToLong(Window::passedNanos).sum();
        return new Timing(
                Medians.of(steady.stream().map(Window::launchSeconds).toList()), Math.clamp(1 - own / passed, 0, 1));
    }
}
