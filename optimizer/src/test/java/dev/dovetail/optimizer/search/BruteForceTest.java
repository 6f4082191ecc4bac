package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BruteForceTest {
    private static final int PROBLEMS = 202;

    /** Of so many problems without a plan one is asked why: that takes longer than to find that there is none. */
    private static final int CONFLICTS_ASKED = 4;

    @Test
    void agreesWithEveryPlanWrittenDownAndTimed() {
        List<Boolean> solved = IntStream.range(0, PROBLEMS)
                .parallel()
                .mapToObj(BruteForceTest::agrees)
                .toList();
        long plans = solved.stream().filter(hasPlan -> hasPlan).count();
        assertTrue(plans > PROBLEMS / 2, plans + " problems had a plan");
        assertTrue(PROBLEMS - plans > 5, PROBLEMS - plans + " problems had none");
    }

    /** Whether there is a plan, on which both agree. */
    private static boolean agrees(int seed) {
        TrainJob job = RandomJobs.job(seed);
        var everything = new BruteForce(job);
        if (everything.best().isEmpty() && seed % CONFLICTS_ASKED != 0) {
            assertEquals(Optional.empty(), Jobs.planner(job).best(job), "seed " + seed);
            return false;
        }
        PlanOutcome outcome = Jobs.planner(job).plan(job);
        return switch (outcome) {
            case PlanOutcome.Solved s -> {
                check(seed, job, everything, s.plan());
                yield true;
            }
            case PlanOutcome.Infeasible i -> {
                assertEquals(Optional.empty(), everything.best(), "seed " + seed + ": " + i.conflicts());
                assertTrue(!i.conflicts().isEmpty(), "seed " + seed + " names no conflict");
                yield false;
            }
            case PlanOutcome.Unknown u -> throw new AssertionError("seed " + seed + " ran out of budget");
        };
    }

    private static void check(int seed, TrainJob job, BruteForce everything, Plan plan) {
        String which = "seed " + seed + ", " + everything.plans() + " plans, ours " + plan.decisions();
        double best = everything.best().orElseThrow(() -> new AssertionError(which + " should not be"));
        assertEquals(best, value(plan, Figure.of(job.objectives().getFirst())), 1e-9 * best, which);
        everything
                .second()
                .ifPresent(second -> assertEquals(
                        second, value(plan, Figure.of(job.objectives().get(1))), 1e-9 * second, which));
        assertEquals(0, plan.bound().gap(), which);
    }

    private static double value(Plan plan, Figure figure) {
        Plan.Predicted predicted = plan.predicted();
        return switch (figure) {
            case TIME -> predicted.step().value();
            case MODEL -> throw new AssertionError("nobody asks for it");
            case ENERGY -> predicted.energy().value();
            case MONEY -> predicted.cost().value();
            case CARBON -> predicted.carbon().value();
            case DEVICES -> predicted.devices();
            case MEMORY -> predicted.totalMemory().count();
        };
    }
}
