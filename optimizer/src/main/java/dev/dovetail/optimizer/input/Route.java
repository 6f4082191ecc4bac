package dev.dovetail.optimizer.input;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decisions;

/**
 * Who prepares samples.
 *
 * @param helpers in use
 * @param steps done away from the workers
 * @param share of the samples that go that way, in percent
 */
public record Route(Prepare prepare, int helpers, int steps, int share) {

    /** All of it by the workers. */
    static Route near(Prepare prepare) {
        return new Route(prepare, 0, 0, 0);
    }

    /** As decided; all decisions about it are there. */
    public static Route of(Decisions complete) {
        return new Route(
                complete.get(Decision.PREPARE),
                complete.get(Decision.PREPARE_HELPERS),
                complete.get(Decision.PREPARE_STEPS),
                complete.get(Decision.PREPARE_SHARE));
    }
}
