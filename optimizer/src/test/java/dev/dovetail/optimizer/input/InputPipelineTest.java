package dev.dovetail.optimizer.input;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.InputHosts;
import dev.dovetail.ir.cluster.InputHosts.Hosts;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.job.Preparation.Step;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.input.InputPipeline.Workers;
import dev.dovetail.optimizer.search.Jobs;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputPipelineTest {
    private static final int BATCH = 100;
    private static final Workers ONE_NODE = new Workers(1, 8);

    /** Ten cores of the worker are free, helpers have five each; a sample takes 10 ms there, 8 of them before crop. */
    private static InputPipeline pipeline(int helpers, double receiveMillis) {
        var samples = new Preparation(
                List.of(
                        new Step("decode", Seconds.ofMillis(8), Bytes.of(600)),
                        new Step("crop", Seconds.ofMillis(2), Bytes.of(100))),
                Bytes.of(50),
                Seconds.ofMillis(receiveMillis),
                Set.of(Prepare.WORKER, Prepare.HELPERS),
                Origin.NONE);
        Cluster bare = Jobs.dgx(1, Jobs.a100(80));
        Node n = bare.node();
        var node = new Node(
                n.name(),
                n.devices(),
                n.device(),
                n.within(),
                n.domain(),
                n.scaleOut(),
                Optional.of(new Node.Host(Bytes.ofGb(1), BytesPerSecond.of(1e9), 18)),
                Optional.empty());
        var hosts = new Hosts(helpers, 5, BytesPerSecond.of(1e6), Optional.empty(), Optional.empty());
        return new InputPipeline(
                samples,
                bare.withGroups(List.of(new NodeGroup(1, node, Origin.NONE)))
                        .withInputHosts(new InputHosts(Optional.of(hosts), Optional.empty())),
                BATCH);
    }

    @Test
    void workersAloneTakeTheirCoresShareOfAllSteps() {
        assertEquals(
                0.1,
                pipeline(1, 0)
                        .seconds(new Route(Prepare.WORKER, 0, 0, 0), ONE_NODE)
                        .value(),
                1e-12);
    }

    /** A replica of 8 has 13 of 100 samples at most, one after the other. */
    @Test
    void inTheStepEachReplicaHasOneCore() {
        var route = new Route(Prepare.IN_STEP, 0, 0, 0);
        assertEquals(0.13, pipeline(1, 0).seconds(route, ONE_NODE).value(), 1e-12);
        assertEquals(0.63, pipeline(1, 0).step(Seconds.of(0.5), route, ONE_NODE).value(), 1e-12);
    }

    @Test
    void besideTheModelTheSlowerOfTheTwoIsTheStep() {
        var route = new Route(Prepare.WORKER, 0, 0, 0);
        assertEquals(0.5, pipeline(1, 0).step(Seconds.of(0.5), route, ONE_NODE).value());
        assertEquals(0.1, pipeline(1, 0).step(Seconds.of(0.05), route, ONE_NODE).value(), 1e-12);
    }

    /** As many cores again, so both halves take half the time; what is received costs time again. */
    @ParameterizedTest
    @CsvSource({"2, 0, 50, 0.05", "1, 0, 33, 0.067", "2, 1, 53, 0.0523"})
    void samplesAreSharedSoThatNobodyIsLast(int helpers, double receive, int share, double seconds) {
        InputPipeline pipeline = pipeline(helpers, receive);
        Route route = pipeline.fastest(Prepare.HELPERS, helpers, ONE_NODE);
        assertEquals(2, route.steps());
        assertEquals(share, route.share(), 1);
        assertEquals(seconds, pipeline.seconds(route, ONE_NODE).value(), 1e-3);
    }

    /** Um et al. 2023: of what workers miss to the model's pace G, helpers take what both share; ours is never slower. */
    @Test
    void isNeverSlowerThanFastFlowsShare() {
        for (int helpers = 1; helpers <= 6; helpers++) {
            InputPipeline pipeline = pipeline(helpers, 0);
            double local = BATCH / 0.1;
            double remote = BATCH / (BATCH * 0.010 / 5);
            double model = 2 * local;
            double missing = model - local;
            double all = local + helpers * remote;
            double off =
                    local > helpers * remote ? (helpers * remote + missing) / 2 : Math.max(helpers * remote, missing);
            double kept = all < model ? local / all : Math.max(0, (model - off) / model);
            int share = (int) Math.round(100 * (1 - kept));
            double theirs = pipeline.seconds(new Route(Prepare.HELPERS, helpers, 2, share), ONE_NODE)
                    .value();
            Route ours = pipeline.fastest(Prepare.HELPERS, helpers, ONE_NODE);
            assertTrue(pipeline.seconds(ours, ONE_NODE).value() <= theirs, helpers + " helpers, theirs " + theirs);
        }
    }
}
