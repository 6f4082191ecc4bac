package dev.dovetail.optimizer.goodput;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Failures;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan.Predicted;
import dev.dovetail.ir.plan.WholeRun;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.search.Jobs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunForecastTest {
    private static final Failures MONTHLY = new Failures(Seconds.of(30 * 86_400), Seconds.of(300));

    private static TrainJob job(Optional<Failures> failures, Optional<Node.Storage> drives) {
        TrainJob job =
                Jobs.job(Jobs.gpt(2, 32, 2, 32, 16), Jobs.dgx(4, Jobs.a100(80)), 8, Precision.uniform(ElementType.F32));
        Cluster c = job.cluster();
        Node n = c.node();
        var node = new Node(n.name(), n.devices(), n.device(), n.within(), n.domain(), n.scaleOut(), n.host(), drives);
        return job.on(new Cluster(
                c.name(),
                List.of(new NodeGroup(4, node, c.origin())),
                c.network(),
                c.grid(),
                failures,
                c.thisMachine(),
                c.inputHosts(),
                c.origin()));
    }

    /** Eight devices hold each copy, and share its optimizer state with the other copies. */
    private static Optional<WholeRun> forecast(TrainJob job, Predicted predicted) {
        return RunForecast.of(job, decisions(predicted), predicted);
    }

    private static Decisions decisions(Predicted predicted) {
        return Decisions.none()
                .with(Decision.TENSOR, 8)
                .with(Decision.DATA, predicted.devices() / 8)
                .with(Decision.SHARD, Decision.Shard.OPTIMIZER);
    }

    private static Predicted predicted(int devices) {
        return new Predicted(
                Seconds.of(10),
                1,
                0.5,
                FlopsPerSecond.of(1e12),
                Map.of(
                        MemoryPart.PARAMETERS, Bytes.ofGb(2),
                        MemoryPart.OPTIMIZER, Bytes.ofGb(6),
                        MemoryPart.ACTIVATIONS, Bytes.ofGb(40)),
                0,
                Joules.of(100),
                Dollars.of(2),
                GramsOfCarbon.of(3),
                devices,
                0);
    }

    private static Optional<Node.Storage> drives() {
        return Optional.of(new Node.Storage(Bytes.ofGb(30_000), BytesPerSecond.of(16e9), BytesPerSecond.of(8e9)));
    }

    @Test
    void aRunWithoutFailuresIsItsSteps() {
        var run = forecast(job(Optional.empty(), drives()), predicted(32)).orElseThrow();

        assertEquals(1000, run.elapsed().value(), 1e-9);
        assertEquals(200, run.cost().value(), 1e-9);
        assertTrue(run.goodput().isEmpty());
    }

    @Test
    void nodesSaveWhatTheirDevicesHoldAndFailTogetherMoreOften() {
        var run = forecast(job(Optional.of(MONTHLY), drives()), predicted(32)).orElseThrow();
        var goodput = run.goodput().orElseThrow();

        assertEquals(30 * 86_400 / 4.0, goodput.betweenFailures().value(), 1e-6);
        assertEquals(8 * 8e9 / 8e9, goodput.write().value(), 1e-9);
        assertEquals(300 + 8 * 8e9 / 16e9, goodput.restart().value(), 1e-9);
        assertEquals(8 * 2e9 + 32 * 6e9, goodput.checkpoint().count(), 1);
        assertEquals(50, goodput.stated().steps());
        assertEquals(1000 / goodput.stated().fraction(), run.elapsed().value(), 1e-6);
        assertTrue(goodput.best().fraction() >= goodput.stated().fraction());
    }

    @Test
    void nodesThatThePlanLeavesIdleDoNotInterruptIt() {
        var run = forecast(job(Optional.of(MONTHLY), drives()), predicted(8)).orElseThrow();

        assertEquals(30 * 86_400, run.goodput().orElseThrow().betweenFailures().value(), 1e-6);
    }

    /** So little of the time is kept that a double holds none of it. */
    @Test
    void aRunThatFailsFasterThanItStartsAgainNeverEnds() {
        var everySecond = new Failures(Seconds.of(1), Seconds.of(300));
        TrainJob job = job(Optional.of(everySecond), drives());

        assertEquals(Optional.empty(), forecast(job, predicted(32)));
        String why = RunForecast.neverEnds(job, decisions(predicted(32)), predicted(32))
                .orElseThrow();
        assertTrue(why.startsWith("never ends: a node fails every 250 ms"), why);
        assertEquals(
                Optional.empty(),
                RunForecast.neverEnds(job(Optional.of(MONTHLY), drives()), decisions(predicted(32)), predicted(32)));
    }

    @Test
    void withoutDrivesThereIsNoGoodput() {
        var run = forecast(job(Optional.of(MONTHLY), Optional.empty()), predicted(32))
                .orElseThrow();

        assertTrue(run.goodput().isEmpty());
    }
}
