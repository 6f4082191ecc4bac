package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Link;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.units.Bytes;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonotonicityTest {
    private static final int PROBLEMS = 10;

    private static TrainJob job(int seed) {
        return Jobs.asking(RandomJobs.job(1000L + seed), List.of(Objective.TIME), List.of());
    }

    private static double fastest(TrainJob job) {
        return Jobs.planner(job).plan(job) instanceof PlanOutcome.Solved solved
                ? solved.plan().predicted().step().value()
                : Double.POSITIVE_INFINITY;
    }

    private static TrainJob withNode(TrainJob job, Node node) {
        Cluster c = job.cluster();
        var group = new NodeGroup(c.groups().getFirst().count(), node, c.origin());
        return job.on(c.withGroups(List.of(group)));
    }

    private static Node node(Node n, Device device, Link within, double out) {
        return new Node(
                n.name(), n.devices(), device, within, n.domain(), n.scaleOut().times(out), n.host(), n.storage());
    }

    @Test
    void moreMemoryNeverMakesTheBestPlanSlower() {
        for (int seed = 0; seed < PROBLEMS; seed++) {
            TrainJob job = job(seed);
            Node n = job.cluster().node();
            Device d = n.device();
            var larger = new Device(
                    d.name(),
                    d.memory().plus(Bytes.of(100_000)),
                    d.bandwidth(),
                    d.compute(),
                    d.attainable(),
                    d.family(),
                    d.power(),
                    d.clocks(),
                    d.price());
            double more = fastest(withNode(job, node(n, larger, n.within(), 1)));
            assertTrue(more <= fastest(job) * (1 + 1e-9), "seed " + seed);
        }
    }

    @Test
    void fasterLinksNeverMakeTheBestPlanSlower() {
        for (int seed = 0; seed < PROBLEMS; seed++) {
            TrainJob job = job(seed);
            Node n = job.cluster().node();
            var faster = new Link(
                    n.within().name(),
                    n.within().bandwidth().times(2),
                    n.within().latency());
            double fast = fastest(withNode(job, node(n, n.device(), faster, 2)));
            assertTrue(fast <= fastest(job) * (1 + 1e-9), "seed " + seed);
        }
    }

    @Test
    void planningTwiceGivesTheSamePlan() {
        for (int seed = 0; seed < PROBLEMS; seed++) {
            TrainJob job = RandomJobs.job(2000L + seed);
            PlanOutcome first = Jobs.planner(job).plan(job);
            PlanOutcome second = Jobs.planner(job).plan(job);
            assertEquals(timeless(first), timeless(second), "seed " + seed);
        }
    }

    /** All of an outcome but how long it took to find. */
    private static String timeless(PlanOutcome outcome) {
        return switch (outcome) {
            case PlanOutcome.Solved s -> {
                Plan p = s.plan();
                yield p.decisions() + " " + p.decidedBy() + p.predicted() + p.breakdown() + p.bound() + p.runnersUp()
                        + p.search().considered() + " " + p.search().pruned();
            }
            case PlanOutcome.Infeasible i -> i.conflicts().toString();
            case PlanOutcome.Unknown u -> "unknown";
        };
    }
}
