package dev.dovetail.optimizer.goodput;

import dev.dovetail.ir.plan.Goodput.Interval;
import dev.dovetail.ir.units.Seconds;

/**
 * How often to save a job whose machines fail at a constant rate, after J. T. Daly, "A higher order estimate of the optimum
 * checkpoint interval for restart dumps", Future Generation Computer Systems 22 (2006).
 *
 * <p>With M between failures, δ to save and R to restart, a stretch of work τ that must end in a checkpoint takes
 * M e^(R/M) (e^((τ+δ)/M) - 1) on average: a failure loses what was done since the last checkpoint, and can strike while the job
 * restarts too.
 *
 * @param step duration of one step: checkpoints fall between steps
 */
public record CheckpointInterval(Seconds betweenFailures, Seconds step, Seconds save, Seconds restart) {

    public CheckpointInterval {
        if (betweenFailures.value() <= 0 || step.value() <= 0) {
            throw new IllegalArgumentException("time between failures and steps are above 0");
        }
    }

    /** What saving every {@code steps} gives. */
    public Interval every(long steps) {
        return new Interval(steps, fraction(steps));
    }

    /**
     * The interval that keeps most of the time. In steps the fraction rises to one peak and falls again, so Daly's estimate of
     * where it lies is only where the climb begins.
     *
     * @param most no interval is longer, such as the whole job
     */
    public Interval best(long most) {
        long steps = Math.clamp(Math.round(estimate() / step.value()), 1, most);
        while (steps < most && fraction(steps + 1) > fraction(steps)) {
            steps++;
        }
        while (steps > 1 && fraction(steps - 1) >= fraction(steps)) {
            steps--;
        }
        return every(steps);
    }

    /** Equation 37: √(2δM) (1 + √(δ/2M)/3 + δ/18M) - δ, or M where saving takes longer than twice that. */
    private double estimate() {
        double m = betweenFailures.value();
        double delta = save.value();
        if (delta >= 2 * m) {
            return m;
        }
        double ratio = delta / (2 * m);
        return Math.sqrt(2 * delta * m) * (1 + Math.sqrt(ratio) / 3 + ratio / 9) - delta;
    }

    /** τ over its expected duration; written so that rare failures do not cancel to nothing. */
    private double fraction(long steps) {
        double m = betweenFailures.value();
        double work = steps * step.value();
        return work / (m * Math.exp(restart.value() / m) * Math.expm1((work + save.value()) / m));
    }
}
