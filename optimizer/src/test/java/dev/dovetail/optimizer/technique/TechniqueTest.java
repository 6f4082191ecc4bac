package dev.dovetail.optimizer.technique;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.search.Jobs;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TechniqueTest {
    private final Problem problem = Problem.of(Jobs.job(
            Jobs.gpt(8, 128, 8, 256, 128), Jobs.dgx(2, Jobs.a100(80)), 24, Precision.uniform(ElementType.F32)));

    private String refusal(Technique technique, Decisions decisions) {
        return technique.clash(problem, decisions).map(Clash::message).orElse("");
    }

    private static Decisions mesh(int tensor, int pipeline, int data) {
        return Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.DATA, data);
    }

    @Test
    void rejectsSixteenWaySplitOfEightHeads() {
        assertEquals("16-way tensor parallelism cannot split 8 heads", refusal(new TensorParallel(), mesh(16, 1, 1)));
    }

    @Test
    void keepsTensorRanksWithinADomainUnlessTheSpecFixesThem() {
        List<Integer> tried = tensorDomain();
        assertEquals(List.of(1, 2, 4, 8), tried);
        assertEquals("", refusal(new TensorParallel(), mesh(8, 1, 1)));
    }

    @SuppressWarnings("unchecked") // the technique's only choice is of TENSOR
    private List<Integer> tensorDomain() {
        var choice = (Choice<Integer>) new TensorParallel().choices().getFirst();
        return choice.domain()
                .values(problem, Decisions.none(), new Outlook() {
                    @Override
                    public Choice.Values<List<Integer>> splits(Decisions before) {
                        throw new AssertionError("asks what layers cost");
                    }

                    @Override
                    public Choice.Values<Recomputation> recomputations(Decisions before) {
                        throw new AssertionError("asks what layers cost");
                    }
                })
                .list();
    }

    @Test
    void rejectsShardGroupsThatDoNotDivideTheDataRanksOrShardNothing() {
        Decisions four = mesh(1, 1, 4).with(Decision.SHARD, Decision.Shard.PARAMETERS);
        assertEquals(
                "shard_group 3 does not divide 4 data ranks",
                refusal(new HybridSharding(), four.with(Decision.SHARD_GROUP, 3)));
        assertEquals(
                "shard_group 2 shards nothing, as shard is none",
                refusal(
                        new HybridSharding(),
                        mesh(1, 1, 4).with(Decision.SHARD, Decision.Shard.NONE).with(Decision.SHARD_GROUP, 2)));
        assertEquals("", refusal(new HybridSharding(), four.with(Decision.SHARD_GROUP, 2)));
    }

    @Test
    void rejectsRecomputationOfOtherLayersThanTheModelHas() {
        var seven = new Recomputation(Collections.nCopies(7, Recompute.FULL));
        assertEquals(
                "recompute [7 x full] is for 7 layers, the model has 8",
                refusal(new ActivationRecomputation(), mesh(1, 1, 1).with(Decision.RECOMPUTE, seven)));
        assertEquals(
                "",
                refusal(
                        new ActivationRecomputation(),
                        mesh(1, 1, 1).with(Decision.RECOMPUTE, Recomputation.SELECTIVE)));
    }

    @Test
    void rejectsSequenceParallelismWithoutTensorParallelism() {
        assertEquals(
                "sequence parallelism needs tensor parallelism",
                refusal(new SequenceParallel(), mesh(1, 1, 1).with(Decision.SEQUENCE, true)));
        assertEquals("", refusal(new SequenceParallel(), mesh(2, 1, 1).with(Decision.SEQUENCE, true)));
    }

    @Test
    void rejectsMoreStagesThanLayersAndMoreDevicesThanThereAre() {
        assertEquals(
                "pipeline 9 has more stages than the model has layers (8)",
                refusal(new PipelineParallel(), mesh(1, 9, 1)));
        assertEquals(
                "tensor 4 x pipeline 8 needs 32 devices, the cluster has 16",
                refusal(new PipelineParallel(), mesh(4, 8, 1)));
        assertEquals(
                "tensor 2 x pipeline 4 x data 3 needs 24 devices, the cluster has 16",
                refusal(new DataParallel(), mesh(2, 4, 3)));
    }

    @Test
    void rejectsReplicasAndMicroBatchesThatTheBatchCannotFill() {
        assertEquals("", refusal(new DataParallel(), mesh(1, 1, 5)));
        assertEquals("", refusal(new MicroBatching(), mesh(1, 1, 5).with(Decision.MICROBATCH, 3)));
        assertEquals(
                "data 25 has more replicas than the batch has sequences (24)",
                refusal(new DataParallel(), mesh(1, 1, 25)));
        assertEquals(
                "a micro-batch of 6 is more than a data rank's share of the batch (5 sequences)",
                refusal(new MicroBatching(), mesh(1, 1, 5).with(Decision.MICROBATCH, 6)));
    }

    @Test
    void interleavesOnlyWholeRoundsOfMicroBatches() {
        Decisions interleaved =
                mesh(1, 4, 2).with(Decision.INTERLEAVE, 2).with(Decision.SCHEDULE, Schedule.INTERLEAVED);
        assertEquals("", refusal(new MicroBatching(), interleaved.with(Decision.MICROBATCH, 1)));
        assertEquals(
                "the interleaved schedule cannot run 6 micro-batches over 4 stages",
                refusal(new MicroBatching(), interleaved.with(Decision.MICROBATCH, 2)));
        assertEquals(
                "pipeline 4 x interleave 3 makes 12 virtual stages of 8 layers",
                refusal(new Interleaving(), mesh(1, 4, 1).with(Decision.INTERLEAVE, 3)));
        assertEquals(
                "schedule interleaved needs interleave 2 or more",
                refusal(
                        new PipelineSchedule(),
                        mesh(1, 4, 1).with(Decision.INTERLEAVE, 1).with(Decision.SCHEDULE, Schedule.INTERLEAVED)));
    }

    @Test
    void ranksThatShareSequencesChangeSidesWithWholeHeadsOnly() {
        Decisions two = mesh(2, 1, 1).with(Decision.CONTEXT_EXCHANGE, ContextExchange.ALL_TO_ALL);
        assertEquals("", refusal(new Ulysses(), two.with(Decision.CONTEXT, 4)));
        assertEquals(
                "8 context ranks cannot share 8 heads evenly that 2 tensor ranks share before",
                refusal(new Ulysses(), two.with(Decision.CONTEXT, 8)));
        assertEquals(
                "",
                refusal(
                        new Ulysses(),
                        two.with(Decision.CONTEXT, 8).with(Decision.CONTEXT_EXCHANGE, ContextExchange.GATHER)));
    }

    @Test
    void anEarlyAndALateStretchAreOfEqualLength() {
        Decisions zigzag = mesh(1, 1, 1).with(Decision.CONTEXT_EXCHANGE, ContextExchange.ZIGZAG);
        assertEquals("", refusal(new ZigzagContext(), zigzag.with(Decision.CONTEXT, 64)));
        assertEquals("", refusal(new ContextParallel(), zigzag.with(Decision.CONTEXT, 128)));
        assertEquals(
                "128 context ranks cannot have two equal stretches each of 128 positions",
                refusal(new ZigzagContext(), zigzag.with(Decision.CONTEXT, 128)));
    }

    @Test
    void ranksThatShareSequencesHaveDifferentExpertsOrTheSame() {
        Problem mixture = Problem.of(Jobs.job(
                Jobs.moe(2, 64, 4, 64, 128, 8, 1), Jobs.dgx(1, Jobs.a100(80)), 8, Precision.uniform(ElementType.F32)));
        Decisions four = mesh(1, 1, 2).with(Decision.CONTEXT, 4);
        var technique = new ExpertParallel();
        assertEquals(Optional.empty(), technique.clash(mixture, four.with(Decision.EXPERT, 8)));
        assertEquals(
                "expert 2 is no multiple of the 4 ranks that share each sequence",
                technique
                        .clash(mixture, four.with(Decision.EXPERT, 2))
                        .orElseThrow()
                        .message());
    }

    @Test
    void everyLayerStandsOnOneStageAndOnlyStagesAtTheEndsMayDoWithout() {
        var stages = new UnevenStages();
        Decisions three = mesh(1, 3, 1).with(Decision.INTERLEAVE, 1);
        assertEquals("", refusal(stages, three.with(Decision.STAGES, List.of(0, 8, 0))));
        assertEquals(
                "stages [3, 3, 3] holds 9 layers, the model has 8",
                refusal(stages, three.with(Decision.STAGES, List.of(3, 3, 3))));
        assertEquals(
                "stages [4, 4] has 2 entries, pipeline 3 x interleave 1 makes 3 virtual stages",
                refusal(stages, three.with(Decision.STAGES, List.of(4, 4))));
        assertEquals(
                "stages [4, 0, 4] leaves a stage without layers",
                refusal(stages, three.with(Decision.STAGES, List.of(4, 0, 4))));
        assertEquals(
                "stages [0, 4, 2, 2] leaves a stage without layers",
                refusal(stages, mesh(1, 2, 1).with(Decision.INTERLEAVE, 2).with(Decision.STAGES, List.of(0, 4, 2, 2))));
    }

    @Test
    void shardsOnlyOverSeveralDataRanks() {
        assertEquals(
                "shard parameters needs data 2 or more",
                refusal(new ShardedDataParallel(), mesh(1, 1, 1).with(Decision.SHARD, Shard.PARAMETERS)));
    }

    @Test
    void triesOnlyClocksTheDeviceHas() {
        assertEquals(81, FrequencyScaling.clocks(problem).size());
        assertEquals(1410, FrequencyScaling.clocks(problem).getFirst());
        assertEquals(
                "a100_sxm_80gb has no clock of 1000 MHz",
                refusal(new FrequencyScaling(), Decisions.none().with(Decision.FREQUENCY, 1000)));
    }

    @Test
    void everyTechniqueIsNamedOnceAndCitesItsSource() {
        var names = new HashSet<String>();
        var decided = new HashSet<String>();
        for (Technique technique : TechniqueCatalog.standard().techniques()) {
            assertTrue(names.add(technique.name()), technique.name());
            assertFalse(technique.citation().isBlank(), technique.name());
            technique
                    .choices()
                    .forEach(choice -> assertTrue(
                            decided.add(choice.decision().name()),
                            choice.decision().name() + " is decided twice"));
        }
        assertEquals(27, decided.size());
    }
}
