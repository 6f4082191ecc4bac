package dev.dovetail.bench;

import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.search.Focus;
import dev.dovetail.optimizer.search.Planner;
import dev.dovetail.optimizer.search.TrainAppraiser;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Complete plans appraised a second on one core: every part of the step on its timeline, and every byte of each stage's arena as it is laid
 * out. No plan comes twice; plans share what their layers cost, as those of a search do, so that is worked out before.
 *
 * <pre>
 * mvn -Pbench -Dfast -DskipTests -pl bench -am package
 * java -cp 'bench/target/fast/*:bench/target/fast/lib/*' dev.dovetail.bench.PlanEvaluations bench/search/gpt3-512.dove
 * </pre>
 */
public final class PlanEvaluations {
    private static final int ROUNDS = 4;
    private static final int PLANS = 2000;

    private final TrainAppraiser appraiser;
    private final int blocks;
    private final SplittableRandom random = new SplittableRandom(1);

    private PlanEvaluations(TrainJob job) {
        var planner = new Planner(
                TechniqueCatalog.standard(),
                CostModel.ofDevices(job.cluster()),
                DeviceConstants.ACCELERATOR,
                new GreedyPacker());
        this.appraiser = planner.appraiser(Problem.of(job), new Focus(true, true, Long.MAX_VALUE));
        this.blocks = job.model().layers();
    }

    /** The spec of one training job on accelerators. */
    public static void main(String[] args) throws IOException {
        Path spec = Path.of(args[0]);
        var options = new ResolveOptions(List.of(), 1, List.of());
        TrainJob job = new SpecResolver(Catalog.shipped(), BlockCatalog.standard(), options)
                .resolve(spec, args[0])
                .jobs()
                .getFirst();
        var evaluations = new PlanEvaluations(job);
        for (int pipeline : new int[] {4, 8, 16, 32}) {
            for (int microbatch : new int[] {1, 4}) {
                evaluations.time(pipeline, microbatch, job.batch());
            }
        }
    }

    private void time(int pipeline, int microbatch, int batch) {
        int data = 4;
        Decisions plan = Decisions.none()
                .with(Decision.TENSOR, 8)
                .with(Decision.SEQUENCE, true)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.DATA, data)
                .with(Decision.INTERLEAVE, 1)
                .with(Decision.SCHEDULE, Schedule.ONE_F_ONE_B)
                .with(Decision.MICROBATCH, microbatch)
                .with(Decision.SHARD, Shard.OPTIMIZER)
                .with(Decision.RECOMPUTE, Recomputation.NONE)
                .with(Decision.FREQUENCY, 1410);
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<Decisions> plans = new ArrayList<>();
            for (int i = 0; i < PLANS; i++) {
                plans.add(plan.with(Decision.STAGES, split(pipeline)));
            }
            long began = processor();
            double sum = 0;
            for (Decisions one : plans) {
                sum += appraiser.appraise(one).time().value();
            }
            double seconds = (processor() - began) / 1e9;
            best = Math.max(best, sum > 0 ? PLANS / seconds : 0);
        }
        System.out.printf(
                "pipeline %2d, %4d micro-batches of %d: %8.0f plans a second of a processor, best of %d rounds of %d%n",
                pipeline, batch / data / microbatch, microbatch, best, ROUNDS, PLANS);
    }

    /** Nanoseconds of this thread: a machine that is busy elsewhere slows it less so. */
    private static long processor() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /** Layers moved at random between stages. */
    private List<Integer> split(int stages) {
        var blocksOf = new ArrayList<>(StageSplit.even(blocks, stages).blocks());
        for (int moves = 0; moves < 2 * stages; moves++) {
            int from = random.nextInt(stages);
            int to = random.nextInt(stages);
            if (blocksOf.get(from) > 1) {
                blocksOf.set(from, blocksOf.get(from) - 1);
                blocksOf.set(to, blocksOf.get(to) + 1);
            }
        }
        return blocksOf;
    }
}
