package dev.dovetail.cli.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Whatever the plan, the result is the same: every legal plan on up to eight ranks trains as one rank does.
 *
 * <p>Ranks wait for each other at every turn, so it runs while no other process of the tests wants the cores.
 */
@Tag("alone")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ParityLatticeTest {
    private static final int SHORT = 3;

    /** Plans compiled in one run of the compiler. */
    private static final int TOGETHER = 48;

    private static final double LOSS = 1e-12;
    private static final double LOSS_F32 = 1e-5;
    private static final int A_DOZEN = 12;
    private static final int A_FEW = 4;

    private final PlanCompiler.Shared shared = new PlanCompiler.Shared();

    @Test
    void everyLegalPlanTrainsAsOneRankDoes() {
        assertParity(NanoModel.gpt(ElementType.F64), LegalPlans.all(NanoModel.HEADS), SHORT, LOSS);
    }

    @Test
    void pairwiseChosenPlansStayTogetherOverFiftySteps() {
        assertParity(NanoModel.gpt(ElementType.F64), pairwise(NanoModel.HEADS), 50, LOSS);
    }

    @Test
    void pairwiseChosenPlansStayTogetherInSinglePrecision() {
        assertParity(NanoModel.gpt(ElementType.F32), few(), 20, LOSS_F32);
    }

    @Test
    void plansWithUnequalSharesTrainAsOneRankDoes() {
        assertParity(NanoModel.gpt(ElementType.F64), LegalPlans.uneven(), SHORT, LOSS);
    }

    /** Grouped key heads, rotary positions, gated mlp, a head of its own: what the other model lacks. */
    @Test
    void pairwiseChosenPlansOfALlamaTrainAsOneRankDoes() {
        assertParity(
                NanoModel.llama(ElementType.F64), pairwise(NanoModel.HEADS / 2).subList(0, A_FEW), SHORT, LOSS);
    }

    /** What {@link LegalPlans#all} leaves out to stay small, with what it touches. */
    @Test
    void plansBeyondTheLatticeTrainAsOneRankDoes() {
        assertParity(NanoModel.gpt(ElementType.F64), LegalPlans.beyond(), SHORT, LOSS);
    }

    @Test
    void plansWithSlowerMemoryBesideTheArenaTrainAsOneRankDoes() {
        assertParity(NanoModel.gpt(ElementType.F64), LegalPlans.beside(), SHORT, LOSS);
    }

    /** Experts over the tensor axis, queues that overflow, a loss of their own for the loads. */
    @Test
    void pairwiseChosenPlansOfAMixtureTrainAsOneRankDoes() {
        assertParity(NanoModel.moe(ElementType.F64, Optional.of(1.0)), few(), SHORT, LOSS);
    }

    /** Tokens travel to the ranks of their experts and back, with and without places for all of them. */
    @Test
    void ranksThatShareExpertsTrainAsOneRankDoes() {
        assertParity(NanoModel.moe(ElementType.F64, Optional.of(1.0)), LegalPlans.sharingExperts(), SHORT, LOSS);
        assertParity(
                NanoModel.latent(ElementType.F64), LegalPlans.sharingExperts().subList(3, 5), SHORT, LOSS);
    }

    @Test
    void pairwiseChosenPlansOfLatentAttentionTrainAsOneRankDoes() {
        assertParity(NanoModel.latent(ElementType.F64), few().subList(0, 2), SHORT, LOSS);
    }

    @Test
    void pairwiseChosenPlansOfAHybridTrainAsOneRankDoes() {
        assertParity(NanoModel.hybrid(ElementType.F64), few().subList(0, 2), SHORT, LOSS);
    }

    @Test
    void pairwiseChosenPlansOfGatedLinearAttentionTrainAsOneRankDoes() {
        assertParity(NanoModel.delta(ElementType.F64), few().subList(0, 2), SHORT, LOSS);
    }

    /** What is hidden is a function of the sample alone, and an encoder's rows travel beside the stream from stage to stage. */
    @Test
    void plansOfEncodersOfTextTrainAsOneRankDoes() {
        assertParity(NanoModel.masked(ElementType.F64), few().subList(1, 2), SHORT, LOSS);
        var plans = List.of(few().getFirst(), LegalPlans.uneven().get(5));
        assertParity(NanoModel.spans(ElementType.F64), plans, SHORT, LOSS);
    }

    /** Time and class travel beside the stream from stage to stage; no mask. */
    @Test
    void pairwiseChosenPlansOfADiffusionTransformerTrainAsOneRankDoes() {
        var plans = new ArrayList<>(few().subList(0, 2));
        plans.addAll(LegalPlans.beyond().subList(0, 2));
        plans.add(LegalPlans.uneven().getFirst());
        assertParity(NanoModel.pictures(ElementType.F64), plans, SHORT, LOSS);
    }

    /** Streams that cross the middle travel from stage to stage too, and layers hand on other shapes than they take in. */
    @Test
    void pairwiseChosenPlansOfAUnetTrainAsOneRankDoes() {
        var plans = new ArrayList<>(few().subList(0, 1));
        plans.add(LegalPlans.uneven().getFirst());
        assertParity(NanoModel.unet(ElementType.F64), plans, SHORT, LOSS);
    }

    private static List<Decisions> few() {
        return LegalPlans.pairwise(NanoModel.HEADS).subList(0, A_FEW);
    }

    @Test
    @Tag("slow")
    void everyLegalPlanStaysTogetherOverFiftySteps() {
        assertParity(NanoModel.gpt(ElementType.F64), LegalPlans.all(NanoModel.HEADS), 50, LOSS);
    }

    @Test
    @Tag("slow")
    void everyLegalPlanStaysTogetherInSinglePrecision() {
        assertParity(NanoModel.gpt(ElementType.F32), LegalPlans.all(NanoModel.HEADS), 20, LOSS_F32);
    }

    @Test
    void theLatticeIsAsLargeAsItsFactorsSay() {
        List<Decisions> plans = LegalPlans.all(NanoModel.HEADS);
        assertEquals(plans.size(), Set.copyOf(plans).size());
        assertEquals(1449, plans.size());
    }

    /** The first dozen of the pairwise choice hold most pairs of decisions. */
    private static List<Decisions> pairwise(int mostTensor) {
        return LegalPlans.pairwise(mostTensor).subList(0, A_DOZEN);
    }

    private void assertParity(TrainJob job, List<Decisions> plans, int steps, double lossBound) {
        boolean single = job.precision().compute() == ElementType.F32;
        double floor = single ? 1e-2 : 1e-6;
        double stateBound = single ? 1e-5 : 1e-6;
        var compiler = new PlanCompiler(job, shared);
        var reference = InProcessRun.of(job, compiler.compile(LegalPlans.reference()), steps);
        var wrong = new ArrayList<String>();
        compiler.forEach(plans, TOGETHER, plan -> {
            var run = InProcessRun.of(job, plan, steps);
            Differences.between(reference, run, floor)
                    .complaint(lossBound, stateBound)
                    .ifPresent(c -> wrong.add(plan.decisions().asText() + ": " + c));
        });
        assertTrue(wrong.isEmpty(), () -> wrong.size() + " of " + plans.size() + " plans: " + String.join("\n", wrong));
    }
}
