package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.technique.MixedNodes;
import dev.dovetail.optimizer.technique.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pipelines whose stages stand on devices of different kinds; brute force is in {@link BruteForceTest}. */
class MixedNodesTest {
    private static final Device SLOW = Jobs.withoutClocks(Jobs.a100(40));

    /** Three times the arithmetic and twice the memory. */
    private static final Device FAST = new Device(
            "fast",
            Bytes.ofGb(80),
            SLOW.bandwidth().times(1.6),
            faster(),
            SLOW.attainable(),
            SLOW.family(),
            SLOW.power(),
            SLOW.clocks(),
            SLOW.price());

    private static LinkedHashMap<ElementType, FlopsPerSecond> faster() {
        var rates = new LinkedHashMap<ElementType, FlopsPerSecond>();
        SLOW.compute().forEach((element, rate) -> rates.put(element, rate.times(3)));
        return rates;
    }

    /** @param out bytes a second of each card of the second kind */
    private static Cluster islands(double out) {
        Cluster first = Jobs.cluster(1, 8, SLOW, 300e9, 25e9);
        Cluster second = Jobs.cluster(1, 8, FAST, 450e9, out);
        return first.withGroups(
                List.of(first.groups().getFirst(), second.groups().getFirst()));
    }

    private static TrainJob job(double out) {
        return Jobs.job(Jobs.gpt(7, 1024, 16, 51200, 1024), islands(out), 48, Precision.mixed(ElementType.BF16));
    }

    private static Decisions plan(List<Integer> nodes, int virtual, Schedule schedule) {
        return Decisions.none()
                .with(Decision.TENSOR, 2)
                .with(Decision.SEQUENCE, true)
                .with(Decision.PIPELINE, nodes.size())
                .with(Decision.DATA, 2)
                .with(Decision.NODES, nodes)
                .with(Decision.INTERLEAVE, virtual)
                .with(Decision.SCHEDULE, schedule)
                .with(Decision.MICROBATCH, 2)
                .with(Decision.RECOMPUTE, Recomputation.NONE)
                .with(Decision.SHARD, Shard.OPTIMIZER)
                .with(Decision.FREQUENCY, 0);
    }

    @Test
    void stepsTakeAsLongAsTheirProgramsOnBothKinds() {
        TrainJob job = job(5e9);
        var planner = Jobs.planner(job);
        var appraiser = planner.appraiser(Problem.of(job), new Focus(true, true, Long.MAX_VALUE));
        for (Decisions decisions : List.of(
                plan(List.of(1, 1, 2), 1, Schedule.ONE_F_ONE_B),
                plan(List.of(2, 1, 1), 1, Schedule.GPIPE),
                plan(List.of(2, 2, 1), 1, Schedule.ZB_H2),
                plan(List.of(1, 2, 2), 2, Schedule.INTERLEAVED),
                plan(List.of(1, 1, 2), 2, Schedule.DUALPIPE_V))) {
            Program program = LowerPlan.lower(job, decisions, new LayerCache(new GreedyPacker()));
            double timed = planner.time(job, decisions, program).step().value();
            assertEquals(timed, appraiser.appraise(decisions).time().value(), 1e-9 * timed, decisions.toString());
            assertTrue(appraiser.bound(decisions).time().value() <= timed * (1 + 1e-9), decisions.toString());
        }
    }

    @Test
    void messagesBetweenKindsLeaveAtThePaceOfTheSlowerCard() {
        double across = step(25e9, List.of(1, 2));
        assertEquals(across, step(100e9, List.of(1, 2)), 1e-12, "the other card is slower");
        assertTrue(step(1e9, List.of(1, 2)) > across, "both cards are passed");
        assertEquals(step(25e9, List.of(1, 1)), step(1e9, List.of(1, 1)), 1e-12, "nothing leaves the first node");
    }

    private static double step(double out, List<Integer> nodes) {
        TrainJob job = job(out);
        Decisions decisions = plan(nodes, 1, Schedule.ONE_F_ONE_B);
        Program program = LowerPlan.lower(job, decisions, new LayerCache(new GreedyPacker()));
        return Jobs.planner(job).time(job, decisions, program).step().value();
    }

    @Test
    void fasterDevicesGetMoreLayersAndEachKindFitsItsOwnMemory() {
        TrainJob job =
                Jobs.job(Jobs.gpt(24, 6144, 48, 51200, 2048), islands(25e9), 64, Precision.mixed(ElementType.BF16));
        for (var fixed : Map.of("tensor", "8", "pipeline", "2", "schedule", "1f1b", "microbatch", "1")
                .entrySet()) {
            job = Jobs.fix(job, fixed.getKey(), fixed.getValue());
        }
        Plan plan = ((PlanOutcome.Solved) Jobs.planner(job).plan(job)).plan();
        int fast = plan.decisions().nodes().indexOf(2);
        List<Integer> split = plan.decisions().get(Decision.STAGES);
        assertTrue(split.get(fast) >= 2 * split.get(1 - fast), plan.decisions().toString());
        Program program = LowerPlan.lower(job, plan.decisions(), new LayerCache(new GreedyPacker()));
        assertTrue(program.classes().get(1 - fast).arenaBytes() < 39e9);
        assertTrue(
                plan.notes().getFirst().contains("of 24 layers on node"),
                plan.notes().toString());
    }

    @Test
    void stagesFindRoomOnTheirKind() {
        var problem = Problem.of(job(25e9));
        var nodes = new MixedNodes();
        Decisions mesh = plan(List.of(1, 1, 1), 1, Schedule.ONE_F_ONE_B);
        assertEquals(
                "nodes [1, 1, 1] puts 3 stages of 4 ranks on 8 devices",
                nodes.clash(problem, mesh).orElseThrow().message());
        assertEquals(
                "nodes [1, 2, 3] names kind 3, the cluster has 2",
                nodes.clash(problem, mesh.with(Decision.NODES, List.of(1, 2, 3)))
                        .orElseThrow()
                        .message());
    }
}
