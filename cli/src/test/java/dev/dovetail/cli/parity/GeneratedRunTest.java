package dev.dovetail.cli.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.Traffic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What generated ranks measure while they run is what the published formulas say. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GeneratedRunTest {
    private static final int BYTES = 8;
    private static final long STREAM = (long) NanoModel.BATCH * NanoModel.SEQUENCE * NanoModel.WIDTH * BYTES;
    private static final double ONE_PERCENT = 0.01;

    private final PlanCompiler.Shared shared = new PlanCompiler.Shared();

    private final Map<TrainJob, PlanCompiler> compilers = new HashMap<>();

    private InProcessRun.Result run(TrainJob job, Decisions plan) {
        PlanCompiler compiler = compilers.computeIfAbsent(job, fresh -> new PlanCompiler(fresh, shared));
        return InProcessRun.of(job, compiler.compile(plan), 1);
    }

    private static Decisions plan(int tensor, boolean sequence, int pipeline, int data, Shard shard) {
        Schedule schedule = pipeline > 1 ? Schedule.ONE_F_ONE_B : Schedule.GPIPE;
        return LegalPlans.plan(tensor, sequence, pipeline, 1, data, shard, 1, Recompute.NONE, schedule);
    }

    // --- order and live micro-batches -------------------------------------------------------------------------------

    private record Pass(String kind, int chunk, int microbatch) {
        /** As in the figures: {@code B1.4} is a backward pass over the second chunk. */
        static Pass of(String text) {
            String kind = Map.of('F', "FORWARD", 'B', "BACKWARD", 'W', "WEIGHT_GRADIENTS")
                    .get(text.charAt(0));
            return new Pass(kind, text.charAt(1) - '0', Integer.parseInt(text.substring(3)));
        }

        String label() {
            return kind + " " + chunk + "." + microbatch;
        }
    }

    /**
     * GPipe; 1F1B; interleaved 1F1B as section 2.2 of arXiv:2104.04473 has it; ZB-H1 and ZB-H2 as figures 2 and 3 of
     * arXiv:2401.10241 have them.
     */
    private static List<Pass> published(Schedule schedule, int stages, int chunks, int microbatches, int stage) {
        if (schedule.isV()) {
            return PublishedV.passes(schedule, stages, microbatches, stage).stream()
                    .map(text -> Pass.of(text))
                    .toList();
        }
        int passes = microbatches * chunks;
        int warmup = switch (schedule) {
            case GPIPE -> passes;
            case ONE_F_ONE_B -> Math.min(stages - stage - 1, passes);
            case INTERLEAVED -> Math.min(2 * (stages - stage - 1) + (chunks - 1) * stages, passes);
            case ZB_H1 -> Math.min(stages - stage - 1, passes);
            case ZB_H2 -> Math.min(2 * (stages - stage - 1), passes);
            case ZB_V, DUALPIPE_V -> throw new IllegalStateException("published pass by pass");
        };
        int waiting = schedule == Schedule.ZB_H1 ? stage : 2 * stage;
        var order = new ArrayList<Pass>();
        for (int i = 0; i < passes + warmup + waiting; i++) {
            if (i < passes) {
                order.add(numbered(i, "FORWARD", stages, chunks));
            }
            if (i >= warmup && i - warmup < passes) {
                order.add(numbered(i - warmup, "BACKWARD", stages, chunks));
            }
            if (schedule.splitsBackward() && i >= warmup + waiting) {
                order.add(numbered(i - warmup - waiting, "WEIGHT_GRADIENTS", stages, chunks));
            }
        }
        return order;
    }

    private static Pass numbered(int i, String kind, int stages, int chunks) {
        int turn = i / stages % chunks;
        int microbatch = chunks == 1 ? i : i / (stages * chunks) * stages + i % stages;
        return new Pass(kind, kind.equals("FORWARD") ? turn : chunks - 1 - turn, microbatch);
    }

    /** Most micro-batches that are between a forward and their last pass in any chunk. */
    private static int live(List<Pass> order) {
        Map<Integer, Integer> open = new HashMap<>();
        int most = 0;
        String last = order.getLast().kind();
        for (Pass pass : order.stream()
                .filter(pass -> pass.kind().equals("FORWARD") || pass.kind().equals(last))
                .toList()) {
            open.merge(pass.microbatch(), pass.kind().equals("FORWARD") ? 1 : -1, Integer::sum);
            open.values().removeIf(count -> count == 0);
            most = Math.max(most, open.size());
        }
        return most;
    }

    @ParameterizedTest
    @CsvSource({
        "GPIPE,4,1,1",
        "GPIPE,2,1,2",
        "ONE_F_ONE_B,4,1,1",
        "ONE_F_ONE_B,3,1,2",
        "ONE_F_ONE_B,4,1,4",
        "INTERLEAVED,2,2,1",
        "INTERLEAVED,2,2,2",
        "ZB_H1,4,1,1",
        "ZB_H2,3,1,1",
        "ZB_H1,2,1,4",
        "ZB_V,2,2,1",
        "ZB_V,2,2,4",
        "DUALPIPE_V,2,2,1",
        "DUALPIPE_V,2,2,4"
    })
    void everyStageRunsItsScheduleAndHoldsItsCountOfMicrobatches(
            Schedule schedule, int pipeline, int interleave, int microbatch) {
        Decisions plan =
                LegalPlans.plan(1, false, pipeline, interleave, 1, Shard.NONE, microbatch, Recompute.NONE, schedule);

        var result = run(NanoModel.gpt(ElementType.F64), plan);

        for (RankRecord rank : result.ranks()) {
            int stage = rank.position().coordinate(Axis.PIPELINE);
            int microbatches = NanoModel.BATCH / microbatch;
            var expected = published(schedule, pipeline, interleave, microbatches, stage);
            assertEquals(
                    expected.stream().map(Pass::label).toList(),
                    rank.order().stream()
                            .filter(label -> label.matches("(FORWARD|BACKWARD|WEIGHT_GRADIENTS) .*"))
                            .toList());
            assertEquals(live(expected), rank.liveMicrobatches(), "stage " + stage);
            if (schedule == Schedule.ONE_F_ONE_B) {
                assertEquals(Math.min(pipeline - stage, microbatches), rank.liveMicrobatches());
            }
        }
    }

    // --- memory -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,2,2", "1,4,2", "4,2,1"})
    void everyRankUsesNearlyAllOfTheMemoryItsPlanAsksForAndNoMore(int tensor, int pipeline, int data) {
        var result = run(NanoModel.gpt(ElementType.F64), plan(tensor, tensor > 1, pipeline, data, Shard.NONE));
        for (RankRecord rank : result.ranks()) {
            double share = (double) rank.peakBytes() / rank.arenaBytes();
            assertTrue(share <= 1 && share >= 0.97, rank.position() + " used " + share);
        }
    }

    // --- bytes ------------------------------------------------------------------------------------------------------

    private static void assertBytes(double formula, Traffic traffic, Axis axis, Exchange... kinds) {
        double measured = Stream.of(kinds)
                .mapToLong(kind -> traffic.row(axis, kind).payloadBytes())
                .sum();
        assertEquals(formula, measured, ONE_PERCENT * formula, axis + " " + List.of(kinds));
    }

    @ParameterizedTest
    @CsvSource({"1,false,2,1", "1,false,4,2", "2,false,2,2", "2,true,4,1"})
    void everyBoundaryCarriesTheStreamOnceEachWay(int tensor, boolean sequence, int pipeline, int data) {
        Traffic traffic = run(NanoModel.llama(ElementType.F64), plan(tensor, sequence, pipeline, data, Shard.NONE))
                .traffic();
        // Without sequence parallelism each tensor rank hands on its own copy.
        int copies = sequence ? 1 : tensor;
        assertBytes(2.0 * (pipeline - 1) * STREAM * copies, traffic, Axis.PIPELINE, Exchange.SEND);
    }

    @Test
    void interleavingMultipliesTheBoundaries() {
        Decisions plan = LegalPlans.plan(1, false, 2, 2, 1, Shard.NONE, 1, Recompute.NONE, Schedule.INTERLEAVED);
        Traffic traffic = run(NanoModel.llama(ElementType.F64), plan).traffic();
        assertBytes(2.0 * (2 * 2 - 1) * STREAM, traffic, Axis.PIPELINE, Exchange.SEND);
    }

    /** Parameters of the llama of {@link NanoModel}: table, head, final norm, and per layer q, k, v, out, three of mlp, two norms. */
    private static long parameters() {
        long w = NanoModel.WIDTH;
        long layer = 2 * w * w + 2 * w * w / 2 + 3 * w * 3 * w + 2 * w;
        return 2 * NanoModel.VOCAB * w + w + NanoModel.LAYERS * layer;
    }

    @ParameterizedTest
    @EnumSource(Shard.class)
    void dataRanksExchangeWhatZeroSays(Shard shard) {
        int data = 2;
        int microbatches = NanoModel.BATCH / data;
        var traffic = run(NanoModel.llama(ElementType.F64), plan(1, false, 1, data, shard))
                .traffic();
        // One pass over all parameters by direct exchange, all ranks together.
        double once = (double) parameters() * BYTES * (data - 1);
        long table = (long) NanoModel.VOCAB * NanoModel.WIDTH * BYTES * (data - 1);
        switch (shard) {
            case NONE -> assertBytes(2 * once, traffic, Axis.DATA, Exchange.ALL_REDUCE);
            case OPTIMIZER -> {
                assertBytes(once, traffic, Axis.DATA, Exchange.REDUCE_SCATTER);
                assertBytes(once, traffic, Axis.DATA, Exchange.ALL_GATHER);
            }
            case GRADIENTS -> {
                assertBytes(microbatches * once, traffic, Axis.DATA, Exchange.REDUCE_SCATTER);
                assertBytes(once, traffic, Axis.DATA, Exchange.ALL_GATHER);
            }
            case PARAMETERS -> {
                assertBytes(microbatches * once, traffic, Axis.DATA, Exchange.REDUCE_SCATTER);
                // The gradient of the token table does not need the table.
                assertBytes(microbatches * (2 * once - table), traffic, Axis.DATA, Exchange.ALL_GATHER);
            }
        }
    }

    /**
     * Each micro-batch reads weights forward and backward, the token table forward alone; the update reads and writes them. Each
     * micro-batch adds to gradients in the file, which the update reads and sets to zero. Two moments come and go once a step.
     */
    @ParameterizedTest
    @EnumSource(names = {"WEIGHTS", "GRADIENTS", "OPTIMIZER"})
    void stateOnDrivesIsReadAndWrittenAsOftenAsZeroInfinitySays(Offload.Part part) {
        Decisions plan = plan(1, false, 1, 1, Shard.NONE)
                .with(Decision.OFFLOAD, Offload.of(part))
                .with(Decision.OFFLOAD_TO, Decision.Tier.STORAGE);
        RankRecord rank = run(NanoModel.llama(ElementType.F64), plan).ranks().getFirst();
        double all = parameters() * BYTES;
        double table = (double) NanoModel.VOCAB * NanoModel.WIDTH * BYTES;
        double passes = NanoModel.BATCH;
        double read = switch (part) {
            case WEIGHTS -> passes * (2 * all - table) + all;
            case GRADIENTS -> (passes + 1) * all;
            case OPTIMIZER -> 2 * all;
            case ACTIVATIONS -> 0;
        };
        double written = switch (part) {
            case WEIGHTS -> all;
            case GRADIENTS -> (passes + 1) * all;
            case OPTIMIZER -> 2 * all;
            case ACTIVATIONS -> 0;
        };
        assertEquals(read, rank.fetchedBytes(), 0.01 * read);
        assertEquals(written, rank.putBytes(), 0.01 * written);
    }

    /**
     * Jacobs et al. 2023: queries, keys, values and outputs change sides, and their gradients; the output is needed again where
     * its heads are. Keys are half as wide as queries here.
     */
    @Test
    void ranksThatChangeSidesForAttentionExchangeWhatUlyssesSays() {
        int ways = 2;
        Decisions plan = plan(1, false, 1, 1, Shard.NONE)
                .with(Decision.CONTEXT, ways)
                .with(Decision.CONTEXT_EXCHANGE, Decision.ContextExchange.ALL_TO_ALL);
        Traffic traffic = run(NanoModel.llama(ElementType.F64), plan).traffic();
        double wide = 2 + 3;
        double narrow = 2 * 2 * 0.5;
        double crossing = (double) (ways - 1) / ways;
        assertBytes(NanoModel.LAYERS * (wide + narrow) * STREAM * crossing, traffic, Axis.CONTEXT, Exchange.ALL_TO_ALL);
    }

    /** Whatever stretches they have, each rank gathers keys and values of the others and scatters their gradients. */
    @ParameterizedTest
    @EnumSource(names = {"GATHER", "ZIGZAG"})
    void ranksThatShareSequencesGatherKeysAndValuesOnce(Decision.ContextExchange exchange) {
        int ways = 2;
        Decisions plan =
                plan(1, false, 1, 1, Shard.NONE).with(Decision.CONTEXT, ways).with(Decision.CONTEXT_EXCHANGE, exchange);
        Traffic traffic = run(NanoModel.llama(ElementType.F64), plan).traffic();
        double keysAndValues = 2 * 0.5 * NanoModel.LAYERS * STREAM * (ways - 1);
        assertBytes(keysAndValues, traffic, Axis.CONTEXT, Exchange.REDUCE_SCATTER);
        assertBytes(2 * keysAndValues, traffic, Axis.CONTEXT, Exchange.ALL_GATHER);
    }

    private double tensorBytes(int tensor, boolean sequence, int layers) {
        Traffic traffic = run(NanoModel.gpt(ElementType.F64, layers), plan(tensor, sequence, 1, 1, Shard.NONE))
                .traffic();
        return Stream.of(Exchange.values())
                .mapToLong(kind -> traffic.row(Axis.TENSOR, kind).payloadBytes())
                .sum();
    }

    /**
     * Shoeybi et al. 2019: two all-reduces of the stream forward and two backward, 8 b s h (t - 1) / t elements a rank.
     * Korthikanti et al. 2022, section 4.2.2: with sequence parallelism two more gathers backward, of inputs kept as shards.
     */
    @ParameterizedTest
    @CsvSource({"2,false,8", "4,false,8", "2,true,10"})
    void everyLayerExchangesItsStreamAsPublished(int tensor, boolean sequence, int streams) {
        double layer = (tensorBytes(tensor, sequence, 4) - tensorBytes(tensor, sequence, 2)) / 2;
        double formula = (double) streams * STREAM * (tensor - 1);
        assertEquals(formula, layer, ONE_PERCENT * formula);
    }
}
