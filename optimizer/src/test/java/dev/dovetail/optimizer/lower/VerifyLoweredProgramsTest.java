package dev.dovetail.optimizer.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.verify.ProgramVerifier;
import dev.dovetail.optimizer.pack.GreedyPacker;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every legal plan of the nano model lowers to a program that keeps its promises. */
class VerifyLoweredProgramsTest {

    @Test
    void layerNormAndATiedTable() {
        verifyAll(NanoJob.job(NormKind.LAYER, Positions.LEARNED, true));
    }

    @Test
    void rmsNormAndRotaryPositions() {
        verifyAll(NanoJob.job(NormKind.RMS, Positions.ROPE, false));
    }

    @Test
    void theDecodeForm() {
        var job = NanoJob.job(NormKind.RMS, Positions.ROPE, true);
        var program = LowerDecode.lower(job.model(), 4, 16, ElementType.F32, new GreedyPacker());
        assertEquals(List.of(), ProgramVerifier.verify(program));
    }

    private static void verifyAll(TrainJob job) {
        var cache = new LayerCache(new GreedyPacker());
        var broken = new ArrayList<String>();
        for (Decisions plan : plans()) {
            var violations = ProgramVerifier.verify(LowerPlan.lower(job, plan, cache));
            violations.forEach(violation -> broken.add(plan + ": " + violation));
        }
        assertEquals("", String.join("\n", broken));
    }

    /** Every combination but for recomputation, which takes turns. */
    private static List<Decisions> plans() {
        var plans = new ArrayList<Decisions>();
        for (int tensor : new int[] {1, 4}) {
            for (int pipeline : new int[] {1, 2, 4}) {
                for (int data : new int[] {1, 2}) {
                    for (var shard : Decision.Shard.values()) {
                        for (Schedule schedule : Schedule.values()) {
                            Decision.Recompute recompute =
                                    Decision.Recompute.values()[plans.size() % Decision.Recompute.values().length];
                            addPlan(
                                    plans,
                                    NanoJob.plan(tensor, pipeline, data)
                                            .with(Decision.SHARD, shard)
                                            .with(Decision.RECOMPUTE, Recomputation.of(recompute))
                                            .with(Decision.SCHEDULE, schedule));
                        }
                    }
                }
            }
        }
        for (var shard : List.of(Decision.Shard.OPTIMIZER, Decision.Shard.GRADIENTS, Decision.Shard.PARAMETERS)) {
            plans.add(NanoJob.plan(1, 2, 4).with(Decision.SHARD, shard).with(Decision.SHARD_GROUP, 2));
        }
        return plans;
    }

    private static void addPlan(List<Decisions> plans, Decisions plan) {
        boolean interleaved = plan.get(Decision.SCHEDULE) == Schedule.INTERLEAVED
                || plan.get(Decision.SCHEDULE).isV();
        boolean shardsNothing = plan.get(Decision.SHARD) == Decision.Shard.NONE;
        if (plan.get(Decision.DATA) == 1 && !shardsNothing) {
            return;
        }
        if (!interleaved) {
            plans.add(plan);
        } else if (plan.get(Decision.PIPELINE) == 2) {
            plans.add(plan.with(Decision.INTERLEAVE, 2));
        }
    }
}
