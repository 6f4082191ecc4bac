package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.FrontPlan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParetoFrontTest {
    private static final int PROBLEMS = 150;
    private static final int EVERY = 15;
    private static final double ROUNDING = 1e-9;

    /** Held to every plan written down: none of them is better than all of the front by more than the slack. */
    @Test
    void everyPlanIsMatchedByOneOfTheFront() {
        int choices = 0;
        for (int seed = 0; seed < PROBLEMS; seed += EVERY) {
            List<Objective> traded = seed % 2 == 0
                    ? List.of(Objective.TIME, Objective.ENERGY)
                    : List.of(Objective.GPUS, Objective.COST, Objective.TIME);
            TrainJob job = RandomJobs.job(seed).trading(traded);
            if (!(Jobs.planner(job).plan(job) instanceof PlanOutcome.Solved solved)) {
                continue;
            }
            List<Figure> figures = traded.stream().map(Figure::of).toList();
            List<FrontPlan> front = solved.plan().front();
            List<Figures> everything = new BruteForce(job).feasible();
            for (Figures one : everything) {
                assertTrue(
                        front.stream().anyMatch(kept -> matches(figures(kept), one, figures, FrontPlan.SLACK)),
                        "seed " + seed + ": nothing matches " + one + " in " + front);
            }
            for (FrontPlan kept : front) {
                assertTrue(
                        everything.stream().noneMatch(one -> beats(one, figures(kept), figures)),
                        "seed " + seed + ": beaten: " + kept);
            }
            for (Figure figure : figures) {
                double least = everything.stream()
                        .mapToDouble(one -> one.get(figure))
                        .min()
                        .orElseThrow();
                double ours = front.stream()
                        .mapToDouble(kept -> figures(kept).get(figure))
                        .min()
                        .orElseThrow();
                assertEquals(least, ours, ROUNDING * least, "seed " + seed + ": the least " + figure);
            }
            choices += front.size() > 1 ? 1 : 0;
        }
        assertTrue(choices >= 2, choices + " problems had something to trade");
    }

    private static Figures figures(FrontPlan plan) {
        return new Figures(
                plan.step(), plan.step(), plan.energy(), plan.cost(), plan.carbon(), plan.devices(), plan.memory());
    }

    private static boolean matches(Figures ours, Figures other, List<Figure> figures, double slack) {
        return figures.stream().allMatch(f -> ours.get(f) <= other.get(f) * (1 + slack + ROUNDING));
    }

    /** At least as good in everything and better by more than the slack in something. */
    private static boolean beats(Figures one, Figures ours, List<Figure> figures) {
        return figures.stream().allMatch(f -> one.get(f) <= ours.get(f))
                && figures.stream().anyMatch(f -> one.get(f) * (1 + FrontPlan.SLACK) < ours.get(f) * (1 - ROUNDING));
    }
}
