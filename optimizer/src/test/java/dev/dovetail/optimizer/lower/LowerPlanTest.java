package dev.dovetail.optimizer.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.optimizer.pack.GreedyPacker;
import org.junit.jupiter.api.Test;

class LowerPlanTest {
    @Test
    void lowersEveryCombinationOfTheNanoModel() {
        var job = NanoJob.job(NormKind.RMS, Positions.ROPE, true);
        var cache = new LayerCache(new GreedyPacker());
        for (int tensor : new int[] {1, 2, 4}) {
            for (int pipeline : new int[] {1, 2, 4}) {
                for (int data : new int[] {1, 2}) {
                    for (var shard : Decision.Shard.values()) {
                        for (var recompute : Decision.Recompute.values()) {
                            var plan = NanoJob.plan(tensor, pipeline, data)
                                    .with(Decision.SHARD, shard)
                                    .with(Decision.RECOMPUTE, Recomputation.of(recompute));
                            var program = LowerPlan.lower(job, plan, cache);
                            assertEquals(pipeline, program.classes().size());
                            for (var stage : program.classes()) {
                                long sum = stage.memory().values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum();
                                assertEquals(stage.arenaBytes(), sum);
                                assertTrue(stage.memory().get(MemoryPart.ACTIVATIONS) > 0);
                            }
                        }
                    }
                }
            }
        }
    }
}
