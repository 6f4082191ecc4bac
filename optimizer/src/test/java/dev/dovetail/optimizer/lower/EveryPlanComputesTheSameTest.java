package dev.dovetail.optimizer.lower;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.Offload.Part;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ProgramInterpreter;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.verify.ProgramVerifier;
import dev.dovetail.optimizer.pack.GreedyPacker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs of every kind of plan, interpreted rank by rank, give the losses and weights of one rank.
 *
 * <p>It is one list of plans, gone over with each kind of model by one comparison.
 */
@Execution(ExecutionMode.SAME_THREAD) // its plans share what is known of their layers
class EveryPlanComputesTheSameTest {
    private static final int STEPS = 2;

    /** A large epsilon, so that a gradient scaled by mistake does not pass for the right one. */
    private static final AdamW OPTIMIZER = new AdamW(0.9, 0.999, 0.1, 0.01);

    private static final TrainJob TIED = NanoJob.job(NormKind.LAYER, Positions.LEARNED, true);
    private static final TrainJob UNTIED = NanoJob.job(NormKind.RMS, Positions.ROPE, false);
    private static final TrainJob PARTLY_FROZEN = NanoJob.partlyFrozen();
    private static final LayerCache CACHE_OF_TIED = new LayerCache(new GreedyPacker());
    private static final LayerCache CACHE_OF_UNTIED = new LayerCache(new GreedyPacker());
    private static final LayerCache CACHE_OF_FROZEN = new LayerCache(new GreedyPacker());

    private static final Outcome ONE_RANK_TIED = run(TIED, CACHE_OF_TIED, NanoJob.plan(1, 1, 1));
    private static final Outcome ONE_RANK_UNTIED = run(UNTIED, CACHE_OF_UNTIED, NanoJob.plan(1, 1, 1));

    private static final TrainJob PICTURES = NanoJob.pictures();
    private static final LayerCache CACHE_OF_PICTURES = new LayerCache(new GreedyPacker());
    private static final Outcome ONE_RANK_PICTURES = run(PICTURES, CACHE_OF_PICTURES, NanoJob.plan(1, 1, 1));
    private static final Outcome ONE_RANK_FROZEN = run(PARTLY_FROZEN, CACHE_OF_FROZEN, NanoJob.plan(1, 1, 1));

    private static final Outcome ONE_RANK_READING =
            run(NanoJob.reading(), new LayerCache(new GreedyPacker()), NanoJob.plan(1, 1, 1));
    private static final Outcome ONE_RANK_SEEING =
            run(NanoJob.seeing(), new LayerCache(new GreedyPacker()), NanoJob.plan(1, 1, 1));
    private static final Outcome ONE_RANK_FURTHER =
            run(NanoJob.further(), new LayerCache(new GreedyPacker()), NanoJob.plan(1, 1, 1));

    /** What a run leaves: its losses, then every weight. */
    private record Outcome(List<Double> losses, Map<String, DoubleTensor> weights) {}

    private static Outcome run(TrainJob job, LayerCache cache, Decisions plan) {
        return run(job, cache, LowerPlan.lower(job, plan, cache));
    }

    private static Outcome run(TrainJob job, LayerCache cache, Program program) {
        ProgramInterpreter interpreter = interpreter(job, program);
        Map<String, DoubleTensor> weights = initialize(interpreter, cache.model(job, 1));
        var losses = new ArrayList<Double>();
        for (int step = 1; step <= STEPS; step++) {
            losses.add(interpreter.step(0.05, step));
        }
        losses.add(interpreter.evaluate());
        weights.replaceAll((name, old) -> interpreter.gather(name, StateEntry.Kind.WEIGHT));
        return new Outcome(losses, weights);
    }

    private static DoubleTensor initial(String name, Parameter parameter) {
        return normal(parameter.value().type(), parameter.initializer().constant(), name.hashCode());
    }

    private static ProgramInterpreter interpreter(TrainJob job, Program program) {
        int perRank = program.microbatches() * program.microbatch();
        return new ProgramInterpreter(program, OPTIMIZER, (source, ahead, type, data, microbatch) -> {
            int first = data * perRank + microbatch * program.microbatch();
            return load(job, source, ahead, type, first);
        });
    }

    private static Map<String, DoubleTensor> initialize(ProgramInterpreter interpreter, Model model) {
        var weights = new LinkedHashMap<String, DoubleTensor>();
        model.parameters().forEach((name, parameter) -> weights.put(name, initial(name, parameter)));
        interpreter.initialize(weights::get);
        return weights;
    }

    private static DoubleTensor normal(TensorType type, double mean, int seed) {
        var random = new SplittableRandom(seed);
        DoubleTensor tensor = DoubleTensor.zeros(type);
        for (int i = 0; i < tensor.values().length; i++) {
            tensor.values()[i] = mean + 0.2 * random.nextGaussian();
        }
        return tensor;
    }

    /** Sequence {@code first + b} of the global batch in column b. */
    private static DoubleTensor load(TrainJob job, Input.Source source, int ahead, TensorType type, int first) {
        DoubleTensor tensor = DoubleTensor.zeros(type);
        if (job.model().latent().isPresent() || source == Input.Source.SIGNAL) {
            IndexSpace.over(type.dims()).forEach(at -> tensor.set(at, picture(source, type, at, first)));
            return tensor;
        }
        int batch = (int) type.dims().get(1).bound();
        for (int i = 0; i < tensor.values().length; i++) {
            int position = i / batch;
            int shift = ahead + (source == Input.Source.TARGETS ? 1 : 0);
            int token = new SplittableRandom(1000L * (first + i % batch) + position + shift)
                    .nextInt(job.model().vocab());
            tensor.values()[i] = source == Input.Source.POSITIONS ? position : token;
        }
        return tensor;
    }

    /** One number of picture {@code first + b} of the global batch. */
    private static double picture(Input.Source source, TensorType type, IndexSpace.Point at, int first) {
        long seed = 1000L * (first + at.along(Names.BATCH)) + source.ordinal();
        for (var dim : type.dims()) {
            seed = 31 * seed + (dim.name().equals(Names.BATCH) ? 0 : at.along(dim.name()));
        }
        var random = new SplittableRandom(seed);
        return switch (source) {
            case LABELS -> random.nextInt(3);
            case TARGETS -> 0;
            case TIMES -> 0.1 * random.nextGaussian();
            default -> random.nextGaussian();
        };
    }

    /** Every value of every decision, and every pair of those that touch one another. */
    static List<Decisions> plans() {
        var plans = new ArrayList<Decisions>();
        for (Shard shard : Shard.values()) {
            plans.add(NanoJob.plan(1, 1, 4).with(Decision.SHARD, shard));
            plans.add(NanoJob.plan(2, 2, 2)
                    .with(Decision.SHARD, shard)
                    .with(Decision.RECOMPUTE, Recomputation.SELECTIVE));
        }
        for (Recompute recompute : Recompute.values()) {
            plans.add(NanoJob.plan(4, 1, 1).with(Decision.RECOMPUTE, Recomputation.of(recompute)));
            plans.add(NanoJob.plan(2, 1, 1)
                    .with(Decision.SEQUENCE, false)
                    .with(Decision.RECOMPUTE, Recomputation.of(recompute)));
        }
        plans.add(NanoJob.plan(1, 4, 1));
        plans.add(NanoJob.plan(1, 4, 1).with(Decision.SCHEDULE, Schedule.GPIPE));
        plans.add(NanoJob.plan(1, 2, 1).with(Decision.MICROBATCH, 2));
        plans.add(NanoJob.plan(1, 4, 1).with(Decision.SCHEDULE, Schedule.ZB_H1));
        plans.add(
                NanoJob.plan(1, 3, 1).with(Decision.SCHEDULE, Schedule.ZB_H2).with(Decision.STAGES, List.of(0, 3, 1)));
        plans.add(NanoJob.plan(2, 2, 2)
                .with(Decision.SCHEDULE, Schedule.ZB_H1)
                .with(Decision.SHARD, Shard.PARAMETERS)
                .with(Decision.RECOMPUTE, Decision.RECOMPUTE.parse().apply("[full, none, selective, none]")));
        plans.add(NanoJob.plan(2, 2, 1)
                .with(Decision.SEQUENCE, false)
                .with(Decision.CONTEXT, 2)
                .with(Decision.SCHEDULE, Schedule.ZB_H2)
                .with(Decision.SHARD, Shard.GRADIENTS)
                .with(Decision.RECOMPUTE, Recomputation.FULL));
        plans.add(NanoJob.plan(1, 2, 2)
                .with(Decision.SCHEDULE, Schedule.INTERLEAVED)
                .with(Decision.INTERLEAVE, 2)
                .with(Decision.SHARD, Shard.PARAMETERS));
        plans.add(NanoJob.plan(2, 2, 1)
                .with(Decision.SCHEDULE, Schedule.INTERLEAVED)
                .with(Decision.INTERLEAVE, 2)
                .with(Decision.RECOMPUTE, Recomputation.FULL));
        plans.add(inAV(NanoJob.plan(1, 2, 1), Schedule.ZB_V));
        plans.add(inAV(NanoJob.plan(1, 2, 1), Schedule.DUALPIPE_V));
        plans.add(inAV(NanoJob.plan(2, 2, 1), Schedule.DUALPIPE_V).with(Decision.STAGES, List.of(1, 1, 1, 1)));
        plans.add(inAV(NanoJob.plan(1, 2, 2), Schedule.ZB_V)
                .with(Decision.SHARD, Shard.PARAMETERS)
                .with(Decision.RECOMPUTE, Decision.RECOMPUTE.parse().apply("[full, none, selective, none]")));
        plans.add(NanoJob.plan(1, 1, 1).with(Decision.CONTEXT, 2));
        plans.add(NanoJob.plan(1, 1, 1).with(Decision.CONTEXT, 4).with(Decision.RECOMPUTE, Recomputation.SELECTIVE));
        plans.add(NanoJob.plan(2, 2, 1).with(Decision.CONTEXT, 2).with(Decision.SHARD, Shard.OPTIMIZER));
        plans.add(zigzag(NanoJob.plan(1, 1, 1), 4).with(Decision.RECOMPUTE, Recomputation.SELECTIVE));
        plans.add(zigzag(NanoJob.plan(2, 2, 1), 2).with(Decision.SHARD, Shard.OPTIMIZER));
        plans.add(changingSides(NanoJob.plan(1, 1, 2), 4).with(Decision.SHARD, Shard.GRADIENTS));
        plans.add(changingSides(NanoJob.plan(1, 1, 1), 2).with(Decision.RECOMPUTE, Recomputation.SELECTIVE));
        plans.add(changingSides(NanoJob.plan(2, 2, 1), 2)
                .with(Decision.SCHEDULE, Schedule.ZB_H1)
                .with(Decision.SHARD, Shard.PARAMETERS)
                .with(Decision.RECOMPUTE, Recomputation.FULL));
        plans.add(changingSides(NanoJob.plan(2, 1, 1), 2).with(Decision.SEQUENCE, false));
        plans.add(NanoJob.plan(2, 1, 2)
                .with(Decision.SEQUENCE, false)
                .with(Decision.CONTEXT, 2)
                .with(Decision.SHARD, Shard.PARAMETERS)
                .with(Decision.RECOMPUTE, Recomputation.FULL));
        plans.add(NanoJob.plan(1, 3, 1).with(Decision.STAGES, List.of(0, 3, 1)));
        for (Shard shard : List.of(Shard.OPTIMIZER, Shard.GRADIENTS, Shard.PARAMETERS)) {
            plans.add(NanoJob.plan(1, 1, 4).with(Decision.SHARD, shard).with(Decision.SHARD_GROUP, 2));
        }
        plans.add(NanoJob.plan(2, 2, 2)
                .with(Decision.SHARD, Shard.PARAMETERS)
                .with(Decision.RECOMPUTE, Decision.RECOMPUTE.parse().apply("[full, none, selective, none]")));
        plans.add(NanoJob.plan(1, 2, 1)
                .with(Decision.SCHEDULE, Schedule.INTERLEAVED)
                .with(Decision.INTERLEAVE, 2)
                .with(Decision.RECOMPUTE, Decision.RECOMPUTE.parse().apply("[full, selective, 2 x none]")));
        plans.add(NanoJob.plan(2, 2, 2).with(Decision.STAGES, List.of(4, 0)).with(Decision.SHARD, Shard.PARAMETERS));
        plans.add(NanoJob.plan(1, 2, 1)
                .with(Decision.SCHEDULE, Schedule.INTERLEAVED)
                .with(Decision.INTERLEAVE, 2)
                .with(Decision.STAGES, List.of(1, 1, 1, 1)));
        plans.add(NanoJob.plan(1, 3, 1)
                .with(Decision.SCHEDULE, Schedule.GPIPE)
                .with(Decision.STAGES, List.of(2, 2, 0))
                .with(Decision.RECOMPUTE, Recomputation.FULL));
        return plans;
    }

    /** What lies beside the arena until it is needed, with all that it touches. */
    static List<Decisions> plansWithSlowerMemory() {
        return List.of(
                NanoJob.plan(1, 1, 1).with(Decision.OFFLOAD, Offload.ALL),
                NanoJob.plan(2, 2, 2)
                        .with(Decision.OFFLOAD, Offload.of(Part.WEIGHTS, Part.GRADIENTS, Part.OPTIMIZER))
                        .with(Decision.OFFLOAD_TO, Tier.STORAGE)
                        .with(Decision.SHARD, Shard.OPTIMIZER),
                NanoJob.plan(2, 1, 2).with(Decision.OFFLOAD, Offload.WEIGHTS).with(Decision.SHARD, Shard.GRADIENTS),
                NanoJob.plan(1, 1, 4)
                        .with(Decision.OFFLOAD, Offload.of(Part.WEIGHTS, Part.GRADIENTS))
                        .with(Decision.SHARD, Shard.PARAMETERS)
                        .with(Decision.SHARD_GROUP, 2),
                NanoJob.plan(1, 2, 1)
                        .with(Decision.OFFLOAD, Offload.ACTIVATIONS)
                        .with(Decision.SCHEDULE, Schedule.GPIPE)
                        .with(Decision.RECOMPUTE, Decision.RECOMPUTE.parse().apply("[full, none, selective, none]")),
                NanoJob.plan(1, 2, 2)
                        .with(Decision.OFFLOAD, Offload.ALL)
                        .with(Decision.SCHEDULE, Schedule.INTERLEAVED)
                        .with(Decision.INTERLEAVE, 2)
                        .with(Decision.SHARD, Shard.PARAMETERS),
                NanoJob.plan(1, 3, 1)
                        .with(Decision.OFFLOAD, Offload.of(Part.WEIGHTS, Part.GRADIENTS, Part.OPTIMIZER))
                        .with(Decision.SCHEDULE, Schedule.ZB_H1)
                        .with(Decision.STAGES, List.of(0, 3, 1)));
    }

    /** Ranks that share sequences, and heads during attention. */
    private static Decisions changingSides(Decisions plan, int ways) {
        return plan.with(Decision.CONTEXT, ways).with(Decision.CONTEXT_EXCHANGE, ContextExchange.ALL_TO_ALL);
    }

    private static Decisions inAV(Decisions plan, Schedule schedule) {
        return plan.with(Decision.SCHEDULE, schedule).with(Decision.INTERLEAVE, 2);
    }

    /** Ranks that have an early and a late stretch of each sequence. */
    private static Decisions zigzag(Decisions plan, int ways) {
        return plan.with(Decision.CONTEXT, ways).with(Decision.CONTEXT_EXCHANGE, ContextExchange.ZIGZAG);
    }

    static List<Decisions> everyOtherPlan() {
        var plans = plans();
        return IntStream.range(0, plans.size())
                .filter(i -> i % 2 == 1)
                .mapToObj(plans::get)
                .toList();
    }

    /** Ranks that share sequences need causal attention, and patches see all patches. */
    static List<Decisions> plansOfPictures() {
        return somePlans().stream()
                .filter(plan -> plan.find(Decision.CONTEXT).isEmpty())
                .toList();
    }

    /** One of each kind of exchange. */
    static List<Decisions> somePlans() {
        return List.of(
                NanoJob.plan(2, 2, 2)
                        .with(Decision.SHARD, Shard.PARAMETERS)
                        .with(Decision.RECOMPUTE, Recomputation.SELECTIVE),
                NanoJob.plan(2, 1, 1).with(Decision.SEQUENCE, false).with(Decision.RECOMPUTE, Recomputation.FULL),
                NanoJob.plan(1, 4, 1),
                NanoJob.plan(1, 4, 1).with(Decision.SCHEDULE, Schedule.ZB_H1),
                NanoJob.plan(1, 2, 2)
                        .with(Decision.SCHEDULE, Schedule.INTERLEAVED)
                        .with(Decision.INTERLEAVE, 2),
                inAV(NanoJob.plan(1, 2, 1), Schedule.ZB_V),
                zigzag(NanoJob.plan(2, 2, 1), 2).with(Decision.SHARD, Shard.OPTIMIZER));
    }

    @ParameterizedTest
    @MethodSource("plans")
    void withLayerNormAndATiedTable(Decisions plan) {
        compare(ONE_RANK_TIED, run(TIED, CACHE_OF_TIED, plan));
    }

    @ParameterizedTest
    @MethodSource("everyOtherPlan")
    void withRmsNormAndRotaryPositions(Decisions plan) {
        compare(ONE_RANK_UNTIED, run(UNTIED, CACHE_OF_UNTIED, plan));
    }

    @ParameterizedTest
    @MethodSource("plansWithSlowerMemory")
    void withSlowerMemoryBesideTheArena(Decisions plan) {
        Program program = LowerPlan.lower(TIED, plan, CACHE_OF_TIED);
        assertEquals(List.of(), ProgramVerifier.verify(program));
        Program without = LowerPlan.lower(TIED, plan.with(Decision.OFFLOAD, Offload.NONE), CACHE_OF_TIED);
        for (int stage = 0; stage < program.classes().size(); stage++) {
            RankClass beside = program.classes().get(stage);
            assertTrue(beside.far().bytes() > 0);
            assertTrue(beside.arenaBytes() < without.classes().get(stage).arenaBytes(), plan::toString);
        }
        compare(ONE_RANK_TIED, run(TIED, CACHE_OF_TIED, program));
    }

    /** What comes into a layer is needed until the gradients of its weights are made. */
    @Test
    void withNormsBehindProductsWhoseWeightGradientsWait() {
        TrainJob job = NanoJob.normsBehind();
        var cache = new LayerCache(new GreedyPacker());
        Decisions plan = NanoJob.plan(1, 3, 1).with(Decision.SCHEDULE, Schedule.ZB_H1);
        Program program = LowerPlan.lower(job, plan, cache);
        assertTrue(cache.layer(job, plan, 1, Recompute.NONE).keepsStreamsLate());
        assertEquals(List.of(), ProgramVerifier.verify(program));
        compare(run(job, cache, NanoJob.plan(1, 1, 1)), run(job, cache, program));
    }

    @ParameterizedTest
    @MethodSource("somePlans")
    void withLayersThatDoNotTrainAndLowRankUpdates(Decisions plan) {
        Program program = LowerPlan.lower(PARTLY_FROZEN, plan, CACHE_OF_FROZEN);
        assertEquals(List.of(), ProgramVerifier.verify(program));
        compare(ONE_RANK_FROZEN, run(PARTLY_FROZEN, CACHE_OF_FROZEN, program));
    }

    @ParameterizedTest
    @MethodSource("plansOfPictures")
    void withAConditionBesideTheStream(Decisions plan) {
        Program program = LowerPlan.lower(PICTURES, plan, CACHE_OF_PICTURES);
        assertEquals(List.of(), ProgramVerifier.verify(program));
        compare(ONE_RANK_PICTURES, run(PICTURES, CACHE_OF_PICTURES, program));
    }

    @ParameterizedTest
    @MethodSource("plansOfPictures")
    void withAnEncoderThatTheDecoderReads(Decisions plan) {
        compareComposed(NanoJob.reading(), ONE_RANK_READING, plan);
    }

    /** The pieces of a pipeline may end in the encoder, between the two, or in the decoder. */
    @ParameterizedTest
    @MethodSource("plansOfPictures")
    void withRowsOfAFrozenEncoderInTheStream(Decisions plan) {
        compareComposed(NanoJob.seeing(), ONE_RANK_SEEING, plan);
    }

    private static void compareComposed(TrainJob job, Outcome alone, Decisions plan) {
        var cache = new LayerCache(new GreedyPacker());
        Program program = LowerPlan.lower(job, plan, cache);
        assertEquals(List.of(), ProgramVerifier.verify(program));
        compare(alone, run(job, cache, program));
    }

    /** The table is read in the first stage, by the layer that predicts further, and in the last one. */
    @ParameterizedTest
    @MethodSource("somePlans")
    void withTokensPredictedFurther(Decisions plan) {
        compareComposed(NanoJob.further(), ONE_RANK_FURTHER, plan);
    }

    @Test
    void whatIsFrozenKeepsItsBitsAndNothingElseDoes() {
        CACHE_OF_FROZEN.model(PARTLY_FROZEN, 1).parameters().forEach((name, parameter) -> {
            double[] before = initial(name, parameter).values();
            double[] after = ONE_RANK_FROZEN.weights().get(name).values();
            assertEquals(!parameter.trained(), Arrays.equals(before, after), name);
        });
    }

    @Test
    void layersWithoutABackwardPassKeepNothing() {
        Decisions plan = NanoJob.plan(1, 1, 1);
        var model = CACHE_OF_FROZEN.model(PARTLY_FROZEN, 1);
        long kept = 0;
        for (int kind : model.order()) {
            LoweredLayer layer = CACHE_OF_FROZEN.layer(PARTLY_FROZEN, plan, kind, Recompute.NONE);
            assertEquals(
                    layer.kind().hasBackward(),
                    layer.kept().byForward() > 0,
                    layer.kind().name());
            kept += layer.kept().byForward();
        }
        long microbatches = LowerPlan.microbatches(PARTLY_FROZEN, plan);
        var memory = LowerPlan.lower(PARTLY_FROZEN, plan, CACHE_OF_FROZEN)
                .classes()
                .getFirst()
                .memory();
        assertEquals(microbatches * kept, memory.get(MemoryPart.ACTIVATIONS));
    }

    /** One micro-batch a rank: the order of the sums is the same, so not a bit differs. */
    @Test
    void shardedStateGivesTheBitsOfWholeState() {
        Decisions plan = NanoJob.plan(1, 1, 4).with(Decision.MICROBATCH, 2);
        Outcome whole = run(TIED, CACHE_OF_TIED, plan);
        for (Shard shard : List.of(Shard.OPTIMIZER, Shard.GRADIENTS, Shard.PARAMETERS)) {
            Outcome sharded = run(TIED, CACHE_OF_TIED, plan.with(Decision.SHARD, shard));
            assertEquals(whole.losses(), sharded.losses(), shard::toString);
            whole.weights()
                    .forEach((name, weight) -> assertArrayEquals(
                            weight.values(), sharded.weights().get(name).values(), name + " by " + shard));
        }
    }

    static List<Decisions> plansOfSharedSequences() {
        return List.of(
                NanoJob.plan(1, 1, 1).with(Decision.CONTEXT, 2),
                NanoJob.plan(2, 2, 1).with(Decision.CONTEXT, 2).with(Decision.SHARD, Shard.PARAMETERS),
                changingSides(NanoJob.plan(1, 1, 2), 2).with(Decision.RECOMPUTE, Recomputation.SELECTIVE),
                NanoJob.plan(1, 1, 1).with(Decision.CONTEXT, 2).with(Decision.EXPERT, 2),
                zigzag(NanoJob.plan(1, 1, 2), 2)
                        .with(Decision.EXPERT, 4)
                        .with(Decision.SHARD, Shard.PARAMETERS)
                        .with(Decision.RECOMPUTE, Recomputation.SELECTIVE),
                zigzag(NanoJob.plan(2, 1, 2), 2).with(Decision.EXPERT_TENSOR, 2).with(Decision.EXPERT, 4),
                NanoJob.plan(1, 1, 2)
                        .with(Decision.CONTEXT, 2)
                        .with(Decision.EXPERT, 2)
                        .with(Decision.EXPERT_SHARD, 2)
                        .with(Decision.EXPERT_SEND, 2)
                        .with(Decision.SHARD, Shard.OPTIMIZER),
                changingSides(NanoJob.plan(1, 2, 2), 2).with(Decision.EXPERT, 4));
    }

    /** A queue is filled in the order of a whole sequence, whoever has which stretch of it. */
    @ParameterizedTest
    @MethodSource("plansOfSharedSequences")
    void withExpertsOfSequencesThatRanksShare(Decisions plan) {
        TrainJob job = NanoJob.mixture(4);
        compareComposed(job, run(job, new LayerCache(new GreedyPacker()), NanoJob.plan(1, 1, 1)), plan);
    }

    /** Tutel's r and degree of overlap, others every step: each program finds parameters where the one before left them. */
    @Test
    void tokensMayBeSentToOtherNumbersOfRanksInOtherStretchesEveryStep() {
        TrainJob job = NanoJob.mixture();
        var cache = new LayerCache(new GreedyPacker());
        Outcome alone = run(job, cache, NanoJob.plan(1, 1, 1));
        Decisions shared = NanoJob.plan(1, 1, 4)
                .with(Decision.SHARD, Shard.OPTIMIZER)
                .with(Decision.EXPERT, 2)
                .with(Decision.EXPERT_SHARD, 2);
        var interpreters = IntStream.rangeClosed(0, 2)
                .mapToObj(send -> shared.with(Decision.EXPERT_SEND, send).with(Decision.OVERLAP, Math.max(1, 2 * send)))
                .map(plan -> interpreter(job, LowerPlan.lower(job, plan, cache)))
                .toList();
        initialize(interpreters.getFirst(), cache.model(job, 1));
        var losses = new ArrayList<Double>();
        for (int step = 1; step <= STEPS; step++) {
            losses.add(interpreters.get(step - 1).step(0.05, step));
            interpreters.get(step).takeOver(interpreters.get(step - 1));
        }
        losses.add(interpreters.getLast().evaluate());
        var weights = new LinkedHashMap<>(alone.weights());
        weights.replaceAll((name, old) -> interpreters.getLast().gather(name, StateEntry.Kind.WEIGHT));
        compare(alone, new Outcome(losses, weights));
    }

    @Test
    void trainingLowersTheLoss() {
        var losses = ONE_RANK_TIED.losses();
        assertTrue(losses.getLast() < losses.getFirst(), losses::toString);
        // A model that knows nothing loses log 32 nats on each of 8 x 16 tokens.
        assertEquals(Math.log(32), losses.getFirst() / 128, 0.7);
    }

    @Test
    void aForgottenGradientSumIsNoticed() {
        var program = LowerPlan.lower(UNTIED, NanoJob.plan(1, 1, 2), CACHE_OF_UNTIED);
        RankClass stage = program.classes().getFirst();
        var bodies = stage.bodies().stream()
                .map(body -> body.name().equals("block_reduce")
                        ? new Body(body.name(), body.activity(), body.parameters(), List.of())
                        : body)
                .toList();
        var broken = new Program(
                program.name(),
                program.mesh(),
                program.element(),
                program.microbatches(),
                program.microbatch(),
                program.sequence(),
                List.of(stage.withBodies(bodies)));
        assertThrows(IllegalStateException.class, () -> run(UNTIED, CACHE_OF_UNTIED, broken));
    }

    private static void compare(Outcome expected, Outcome actual) {
        for (int i = 0; i < expected.losses().size(); i++) {
            double loss = expected.losses().get(i);
            assertEquals(loss, actual.losses().get(i), 1e-12 * loss, "loss " + i);
        }
        expected.weights().forEach((name, weight) -> {
            double[] other = actual.weights().get(name).values();
            for (int i = 0; i < other.length; i++) {
                assertEquals(weight.values()[i], other[i], 1e-12, name + "[" + i + "]");
            }
        });
    }
}
