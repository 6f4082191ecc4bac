package dev.dovetail.cli.terminal;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/** Progress as plain lines for logs: the first step, the last, and one at most every few seconds between. */
final class LineProgress implements Progress {
    private static final long QUIET_NANOS = 5_000_000_000L;

    private final String task;
    private final long steps;
    private final PrintStream err;
    private final LongSupplier nanoClock;
    private long quietUntil;

    LineProgress(String task, long steps, PrintStream err, LongSupplier nanoClock) {
        this.task = task;
        this.steps = steps;
        this.err = err;
        this.nanoClock = nanoClock;
        this.quietUntil = nanoClock.getAsLong();
    }

    @Override
    public synchronized void reached(long done, String note) {
        long now = nanoClock.getAsLong();
        if (now - quietUntil >= 0 || done == steps) {
            String position = steps > 0 ? done + "/" + steps : Long.toString(done);
            err.println(note.isEmpty() ? task + ": " + position : task + ": " + position + ", " + note);
            quietUntil = now + QUIET_NANOS;
        }
    }

    @Override
    public synchronized void say(String line) {
        err.println(line);
    }

    @Override
    public void close() {}
}
