package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.LoweredLayer;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.technique.Problem;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Section 4 of ZeRO-Infinity (arXiv:2104.07857): arithmetic for each byte that moves, and what of a device's speed is left. */
class OffloadTest {
    private static final int WIDTH = 1024;
    private static final double HOST = 200e9;
    private static final int CONTEXT = 512;
    private static final int LAYERS = 3;
    private static final int MICROBATCHES = 4;

    private final TrainJob job = job(80);
    private final LayerCache layers = new LayerCache(new GreedyPacker());
    private final Decisions plan = Decisions.none()
            .with(Decision.TENSOR, 1)
            .with(Decision.SEQUENCE, false)
            .with(Decision.PIPELINE, 1)
            .with(Decision.DATA, 1)
            .with(Decision.INTERLEAVE, 1)
            .with(Decision.SCHEDULE, Schedule.ONE_F_ONE_B)
            .with(Decision.MICROBATCH, 2)
            .with(Decision.SHARD, Shard.NONE)
            .with(Decision.RECOMPUTE, Recomputation.FULL)
            .with(Decision.FREQUENCY, 0);

    private static TrainJob job(int gigabytes) {
        Node bare = Jobs.dgx(1, Jobs.withoutClocks(Jobs.a100(gigabytes))).node();
        var node = new Node(
                bare.name(),
                bare.devices(),
                bare.device(),
                bare.within(),
                bare.domain(),
                BytesPerSecond.of(1e11),
                Optional.of(new Node.Host(Bytes.ofGib(1000), BytesPerSecond.of(HOST), 64)),
                Optional.empty());
        var cluster = Cluster.of("hosts", List.of(new NodeGroup(1, node, Origin.NONE)), Origin.NONE);
        return Jobs.job(Jobs.gpt(LAYERS, WIDTH, 16, 1024, CONTEXT), cluster, 8, Precision.mixed(ElementType.BF16));
    }

    private static Stream<Instruction> instructions(LoweredLayer layer) {
        return Stream.of(layer.forwardBody().body(), layer.backwardBody().body())
                .map(Body::instructions)
                .flatMap(List::stream);
    }

    private static double productFlops(LoweredLayer layer) {
        return instructions(layer)
                .filter(Instruction.Compute.class::isInstance)
                .map(Instruction.Compute.class::cast)
                .filter(compute -> compute.op() instanceof MatMul)
                .mapToDouble(compute -> compute.op()
                        .flops(compute.operands().stream().map(Buffer::type).toList()))
                .sum();
    }

    private static double moved(LoweredLayer layer) {
        return instructions(layer)
                .filter(Instruction.Move.class::isInstance)
                .mapToDouble(move -> ((Instruction.Move) move).bytes())
                .sum();
    }

    /** 24 hd operations a byte where the whole layer is computed again; its last product, 8 of 96, need not be. */
    @Test
    void activationsHaveThePublishedIntensity() {
        Decisions beside = plan.with(Decision.OFFLOAD, Offload.ACTIVATIONS);
        LoweredLayer layer = layers.layer(job, beside, 1, Recompute.FULL);
        assertEquals(24.0 * WIDTH * 88 / 96, productFlops(layer) / moved(layer), 1e-9 * WIDTH);
    }

    /** efficiency = ait · bw / (ait · bw + peak), nothing overlapped; bw is a device's share of its host's bandwidth. */
    @Test
    void aStepIsLongerByWhatTheLawSays() {
        Planner planner = Jobs.planner(job);
        var appraiser = planner.appraiser(Problem.of(job), new Focus(true, true, Long.MAX_VALUE));
        double without = time(planner, plan);
        for (Offload offload : Offload.values()) {
            Decisions beside = plan.with(Decision.OFFLOAD, offload).with(Decision.OFFLOAD_TO, Tier.HOST);
            double bytes = offload.activations() ? LAYERS * MICROBATCHES * activations(beside) : 0;
            for (int kind = 0; kind < 3; kind++) {
                LoweredLayer layer = layers.layer(job, beside, kind, Recompute.FULL);
                bytes += (kind == 1 ? LAYERS : 1) * stateMoved(layer, offload, kind);
            }
            double flops = 1e15;
            double peak = flops / without;
            double ait = flops / bytes;
            double bandwidth = HOST / 8;
            double expected = bytes == 0 ? 1 : ait * bandwidth / (ait * bandwidth + peak);
            // Gradients beside the arena are set to zero layer by layer, each with a kernel of its own.
            double tolerance = offload.gradients() ? 1e-4 : 1e-9;
            assertEquals(expected, without / time(planner, beside), tolerance, offload::toString);
            Figures figures = appraiser.appraise(beside);
            assertEquals(time(planner, beside), figures.time().value(), 1e-12);
            assertTrue(appraiser.bound(beside).time().value() <= figures.time().value() * (1 + 1e-9));
            assertTrue(
                    appraiser.bound(beside).memory().count() <= figures.memory().count());
        }
    }

    /** What layers save alone. */
    private double activations(Decisions beside) {
        return moved(layers.layer(job, beside.with(Decision.OFFLOAD, Offload.ACTIVATIONS), 1, Recompute.FULL));
    }

    /**
     * Bytes a step for a layer's state. Each micro-batch reads weights forward and backward, an embedding's forward alone; the
     * update writes them. Each adds to gradients where they lie, and the update reads them and leaves zeroes; embedding and head
     * share a table and keep theirs. The optimizer's state comes and goes once.
     */
    private static double stateMoved(LoweredLayer layer, Offload offload, int kind) {
        double weights = (kind == 0 ? 1 : 2) * MICROBATCHES + 1;
        double gradients = kind == 1 ? 2 * MICROBATCHES + 2 : 0;
        return (offload.weights() ? weights * layer.weightBytes() : 0)
                + (offload.gradients() ? gradients * layer.gradientBytes() : 0)
                + (offload.optimizer() ? 2 * layer.optimizerBytes() : 0);
    }

    /**
     * Section 4.1: with weights read forward, backward and to be computed again, and gradients stored once, seq * bsz operations a
     * byte, as 8 operations a weight and token are made of 8 bytes. One pass of ours computes again and goes back, so it reads one
     * time less.
     */
    @Test
    void weightsHaveThePublishedIntensity() {
        LoweredLayer layer = layers.layer(job, plan.with(Decision.OFFLOAD, Offload.WEIGHTS), 1, Recompute.FULL);
        double tokens = 2 * CONTEXT;
        assertEquals(2 * layer.weightBytes(), moved(layer));
        double products = 2 * tokens * 88 / 96;
        assertEquals(products, productFlops(layer) / moved(layer), 0.002 * products);
    }

    private double time(Planner planner, Decisions decisions) {
        return planner.time(job, decisions, LowerPlan.lower(job, decisions, layers))
                .step()
                .value();
    }

    /** Nobody asks for it; nothing else would fit. */
    @Test
    void aModelThatIsTooLargeForItsDevicesUsesTheirHosts() {
        TrainJob any =
                Jobs.job(Jobs.gpt(8, 4096, 32, 1024, 512), job(3).cluster(), 8, Precision.mixed(ElementType.BF16));
        TrainJob large = Jobs.fix(any, Decision.PIPELINE.name(), "1");
        var solved = (PlanOutcome.Solved) Jobs.planner(large).plan(large);
        assertTrue(
                solved.plan().decisions().get(Decision.OFFLOAD).optimizer(),
                solved.plan().decisions().toString());
    }
}
