package dev.dovetail.ir.plan;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Locale;

/**
 * What failures leave of a run's time; all figures are estimates.
 *
 * @param betweenFailures mean time between failures of any node the plan uses
 * @param checkpoint what all ranks save together
 * @param write of one checkpoint, during which ranks wait
 * @param restart from a failure until training goes on, loading the checkpoint included
 * @param stated what the job's own interval gives
 * @param best what the best interval gives
 */
public record Goodput(
        Seconds betweenFailures, Bytes checkpoint, Seconds write, Seconds restart, Interval stated, Interval best) {

    /**
     * @param steps between checkpoints
     * @param fraction of the time that goes into steps whose results are kept
     */
    public record Interval(long steps, double fraction) {
        /** As people say it: how much is kept. */
        public String kept() {
            return String.format(Locale.ROOT, "%.1f %% of the time", 100 * fraction);
        }
    }

    /** What happens how often and takes how long, in one line. */
    @Override
    public String toString() {
        String other = best.steps() == stated.steps()
                ? "no other interval keeps more"
                : "every " + best.steps() + " would keep " + best.kept();
        return "a node fails every " + betweenFailures + ", restarts take " + restart + " and checkpoints of "
                + checkpoint + " " + write + ": every " + stated.steps() + " steps keeps " + stated.kept() + ", "
                + other;
    }
}
