package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.technique.Problem;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The search's numbers against the program they stand for. */
class StepModelTest {
    private final TrainJob job = Jobs.job(
            Jobs.gpt(7, 1024, 16, 51200, 1024),
            Jobs.dgx(4, Jobs.withoutClocks(Jobs.a100(80))),
            48,
            Precision.mixed(ElementType.BF16));
    private final Planner planner = Jobs.planner(job);
    private final TrainAppraiser appraiser = planner.appraiser(Problem.of(job), new Focus(true, true, Long.MAX_VALUE));
    private final LayerCache layers = new LayerCache(new GreedyPacker());

    private static Decisions plan(
            int tensor, int pipeline, int virtual, Schedule schedule, int data, Shard shard, Recompute recompute) {
        return Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, tensor > 1)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.DATA, data)
                .with(Decision.INTERLEAVE, virtual)
                .with(Decision.SCHEDULE, schedule)
                .with(Decision.MICROBATCH, 2)
                .with(Decision.RECOMPUTE, Recomputation.of(recompute))
                .with(Decision.SHARD, shard)
                .with(Decision.FREQUENCY, 0);
    }

    private void agrees(Decisions decisions) {
        Program program = LowerPlan.lower(job, decisions, layers);
        double timed = planner.time(job, decisions, program).step().value();
        Figures figures = appraiser.appraise(decisions);
        assertEquals(timed, figures.time().value(), 1e-9 * timed, decisions.toString());
        long fullest =
                program.classes().stream().mapToLong(c -> c.arenaBytes()).max().orElseThrow();
        assertEquals(fullest, figures.memory().count(), decisions.toString());
        Figures bound = appraiser.bound(decisions);
        assertTrue(bound.time().value() <= timed * (1 + 1e-9), decisions + " is bounded by " + bound);
        assertTrue(bound.memory().count() <= fullest, decisions + " is bounded by " + bound);
    }

    @Test
    void takesAsLongAsTheProgramItStandsForUnderEverySchedule() {
        for (Shard shard : Shard.values()) {
            for (Recompute recompute : Recompute.values()) {
                agrees(plan(1, 1, 1, Schedule.ONE_F_ONE_B, 2, shard, recompute));
                agrees(plan(2, 3, 1, Schedule.ONE_F_ONE_B, 2, shard, recompute));
                agrees(plan(2, 4, 1, Schedule.GPIPE, 2, shard, recompute));
                agrees(plan(2, 3, 1, Schedule.ZB_H1, 2, shard, recompute));
                agrees(plan(1, 4, 1, Schedule.ZB_H2, 2, shard, recompute));
                agrees(plan(2, 3, 2, Schedule.INTERLEAVED, 4, shard, recompute));
                agrees(plan(2, 3, 2, Schedule.ZB_V, 2, shard, recompute));
                agrees(plan(1, 3, 2, Schedule.DUALPIPE_V, 2, shard, recompute));
            }
        }
    }

    @Test
    void boundsOfUnfinishedDecisionsStayBelowEveryWayToFinishThem() {
        for (Shard shard : Shard.values()) {
            for (Recompute recompute : Recompute.values()) {
                Schedule schedule = recompute == Recompute.SELECTIVE ? Schedule.ZB_V : Schedule.INTERLEAVED;
                Decisions complete = plan(2, 3, 2, schedule, 4, shard, recompute);
                Figures reached = appraiser.appraise(complete);
                Decisions partial = Decisions.none()
                        .with(Decision.TENSOR, 2)
                        .with(Decision.SEQUENCE, true)
                        .with(Decision.PIPELINE, 3)
                        .with(Decision.DATA, 4);
                staysBelow(partial, reached);
                partial = partial.with(Decision.INTERLEAVE, 2).with(Decision.SCHEDULE, schedule);
                staysBelow(partial, reached);
                partial = partial.with(Decision.MICROBATCH, 2);
                staysBelow(partial, reached);
                partial = partial.with(Decision.RECOMPUTE, Recomputation.of(recompute));
                staysBelow(partial, reached);
                partial = partial.with(Decision.SHARD, shard);
                staysBelow(partial, reached);
            }
        }
    }

    /** A clock that nobody looked at is bounded by what was found at others. */
    @Test
    void boundsOverClocksStayBelowThePlanAtEach() {
        TrainJob clocked = Jobs.job(
                Jobs.gpt(7, 1024, 16, 51200, 1024), Jobs.dgx(4, Jobs.a100(80)), 48, Precision.mixed(ElementType.BF16));
        var everyClock = Jobs.planner(clocked).appraiser(Problem.of(clocked), new Focus(true, true, Long.MAX_VALUE));
        var looked = new Bound.Asked(least -> false, Optional.of(Comparator.comparing(Figures::energy)));
        Decisions complete = plan(2, 3, 2, Schedule.INTERLEAVED, 4, Shard.OPTIMIZER, Recompute.SELECTIVE);
        Decisions early = Decisions.none()
                .with(Decision.TENSOR, 2)
                .with(Decision.SEQUENCE, true)
                .with(Decision.PIPELINE, 3)
                .with(Decision.EXPERT_SEND, 1);
        List<Decisions> unfinished = List.of(
                early,
                early.with(Decision.DATA, 4),
                complete.without(Decision.FREQUENCY).without(Decision.SHARD),
                complete.without(Decision.FREQUENCY));
        for (Decisions partial : unfinished) {
            for (Bound.Asked asked : List.of(looked, Bound.Asked.ALL)) {
                List<Bound> bounds = everyClock.bounds(partial, everyClock.clocks(), asked);
                for (int clock : everyClock.clocks()) {
                    Figures reached = everyClock.appraise(complete.with(Decision.FREQUENCY, clock));
                    bounds.stream()
                            .filter(b -> b.clocks().contains(clock))
                            .forEach(b -> below(b.least(), reached, partial));
                }
            }
        }
    }

    private void staysBelow(Decisions partial, Figures reached) {
        below(appraiser.bound(partial), reached, partial);
    }

    private static void below(Figures bound, Figures reached, Decisions partial) {
        for (Figures.Figure figure : Figures.Figure.values()) {
            assertTrue(
                    bound.get(figure) <= reached.get(figure) * (1 + 1e-9),
                    figure + " of " + partial + ": bound " + bound.get(figure) + ", reached " + reached.get(figure));
        }
    }
}
