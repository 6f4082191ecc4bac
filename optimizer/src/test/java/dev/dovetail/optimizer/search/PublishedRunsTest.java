package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.engine.EngineCatalog;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import org.junit.jupiter.api.Test;

/** Measured steps of published runs, and what engines must not change in their order. */
class PublishedRunsTest {
    private static final ModelDefinition GPT_22B = Jobs.gpt(48, 6144, 64, 51200, 2048);

    private static Decisions plan(
            int tensor, int pipeline, int data, int microbatch, Recompute recompute, boolean sequence) {
        return Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, sequence)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.DATA, data)
                .with(Decision.INTERLEAVE, 1)
                .with(Decision.SCHEDULE, Schedule.ONE_F_ONE_B)
                .with(Decision.MICROBATCH, microbatch)
                .with(Decision.RECOMPUTE, Recomputation.of(recompute))
                .with(Decision.SHARD, Shard.NONE)
                .with(Decision.FREQUENCY, 0);
    }

    private static double seconds(ModelDefinition model, int nodes, int batch, Decisions plan, Engine engine) {
        TrainJob job = Jobs.job(
                model, Jobs.dgx(nodes, Jobs.withoutClocks(Jobs.a100(80))), batch, Precision.mixed(ElementType.BF16));
        var planner = new Planner(
                TechniqueCatalog.standard(),
                CostModel.ofDevices(job.cluster(), engine),
                DeviceConstants.ACCELERATOR,
                new GreedyPacker());
        return planner.appraiser(Problem.of(job), new Focus(true, false, Long.MAX_VALUE))
                .step(plan)
                .seconds();
    }

    /** Korthikanti et al. 2022 (arXiv:2205.05198), table 5: 22B parameters on eight A100, four sequences. */
    @Test
    void comesNearMegatronOf2022() {
        Decisions full = plan(8, 1, 1, 4, Recompute.FULL, false);
        assertEquals(1.42, seconds(GPT_22B, 1, 4, full, EngineCatalog.MEGATRON_LM_3), 0.06 * 1.42);
        Decisions selective = plan(8, 1, 1, 4, Recompute.SELECTIVE, true);
        assertEquals(1.10, seconds(GPT_22B, 1, 4, selective, EngineCatalog.MEGATRON_LM_3), 0.06 * 1.10);
    }

    /** Narayanan et al. 2021 (arXiv:2104.04473), table 2: 174.6B parameters on 384 A100, 84 days for 300 billion tokens. */
    @Test
    void comesNearMegatronOf2021() {
        Decisions plan = plan(8, 12, 4, 1, Recompute.FULL, false);
        double measured = 84 * 86400.0 * 1536 * 2048 / 300e9;
        ModelDefinition gpt3 = Jobs.gpt(96, 12288, 96, 51200, 2048);
        assertEquals(measured, seconds(gpt3, 48, 1536, plan, EngineCatalog.MEGATRON_LM), 0.08 * measured);
    }

    @Test
    void scoresThatReachMemoryCostMoreThanScoresThatDoNot() {
        Decisions plan = plan(8, 1, 1, 4, Recompute.FULL, false);
        double fused = seconds(GPT_22B, 1, 4, plan, EngineCatalog.MEGATRON_CORE);
        double materialised = seconds(GPT_22B, 1, 4, plan, EngineCatalog.MEGATRON_LM_3);
        assertTrue(fused < materialised, fused + " against " + materialised);
    }

    /** Of a token's two experts on eight nodes, every eighth pair is on one node. */
    @Test
    void tokensTravelOnceToANode() {
        ModelDefinition moe = Jobs.moe(4, 4096, 32, 32000, 2048, 8, 2);
        Decisions spread = plan(8, 1, 8, 1, Recompute.NONE, true)
                .with(Decision.EXPERT, 8)
                .with(Decision.EXPERT_TENSOR, 8)
                .with(Decision.EXPERT_SHARD, 1)
                .with(Decision.EXPERT_SEND, 1)
                .with(Decision.OVERLAP, 1);
        double each = seconds(moe, 8, 64, spread, EngineCatalog.MEGATRON_CORE);
        double once = seconds(moe, 8, 64, spread, EngineCatalog.MEGATRON_BRIDGE);
        assertTrue(once < each, once + " against " + each);
    }

    /** What an engine needs beside the plan is left to it; what its allocator would hold where there is room is not asked for. */
    @Test
    void plansLeaveEnginesWhatTheyNeed() {
        TrainJob open = Jobs.job(
                Jobs.gpt(32, 4096, 32, 51200, 2048),
                Jobs.dgx(1, Jobs.withoutClocks(Jobs.a100(80))),
                64,
                Precision.mixed(ElementType.BF16));
        TrainJob job = Jobs.fix(Jobs.fix(Jobs.fix(open, "tensor", "8"), "pipeline", "1"), "microbatch", "16");
        var costs = CostModel.ofDevices(job.cluster(), EngineCatalog.MEGATRON_LM_3);
        Appraisal plan = Jobs.planner(costs).appraiseBesideEngine(job).orElseThrow();
        int fullest = plan.fullest();
        long needed =
                plan.arena(fullest).count() + plan.overheads().get(fullest).needed();
        long installed = Limits.installed(job).count();
        assertTrue(
                plan.memory(fullest).count() <= installed, plan.memory(fullest).toString());
        assertTrue(needed > 0.9 * installed, "no more is computed again than must be: " + needed);
    }

    /** Half the layers on a host that launches each kernel: half the time, however fast the device is. */
    @Test
    void smallLayersTakeAsLongAsTheirLaunches() {
        Decisions plan = plan(1, 1, 1, 1, Recompute.NONE, false);
        double twelve = seconds(Jobs.gpt(12, 256, 4, 512, 128), 1, 16, plan, EngineCatalog.MEGATRON_LM);
        double six = seconds(Jobs.gpt(6, 256, 4, 512, 128), 1, 16, plan, EngineCatalog.MEGATRON_LM);
        double ours = seconds(Jobs.gpt(12, 256, 4, 512, 128), 1, 16, plan, EngineCatalog.DOVETAIL);
        assertEquals(2, twelve / six, 0.25);
        assertTrue(twelve > 4 * ours, twelve + " against " + ours);
    }
}
