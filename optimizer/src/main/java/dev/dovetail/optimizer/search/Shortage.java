package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.LayerKind.Role;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.LoweredLayer;
import dev.dovetail.optimizer.lower.StageContents.Run;
import dev.dovetail.optimizer.lower.StageLayout;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * By how much a plan misses what its devices hold, and what takes the most there.
 *
 * @param over bytes too many on the fullest stage
 * @param most the words for what takes most of it, with its bytes
 */
record Shortage(Bytes over, int stage, Map.Entry<String, Long> most) {

    /** @param limit bytes that a device may hold */
    static Shortage of(TrainJob job, Decisions plan, LowerPlan.LayerSource layers, double limit) {
        int fullest = 0;
        long bytes = 0;
        for (int stage : IntStream.range(0, plan.get(Decision.PIPELINE)).toArray()) {
            long arena = LowerPlan.layout(job, plan, layers, stage).arenaBytes();
            fullest = arena > bytes ? stage : fullest;
            bytes = Math.max(bytes, arena);
        }
        var takes = parts(job, plan, layers, fullest);
        return new Shortage(
                Bytes.of(Math.max(0, bytes - Math.round(limit))),
                fullest,
                takes.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow());
    }

    private static Map<String, Long> parts(TrainJob job, Decisions plan, LowerPlan.LayerSource layers, int stage) {
        StageLayout layout = LowerPlan.layout(job, plan, layers, stage);
        var parts = new LinkedHashMap<String, Long>();
        for (var chunk : LowerPlan.contents(job, plan, layers, stage).chunks()) {
            for (Run run : chunk) {
                parts.merge(name(job, run.layer()), run.count() * state(run.layer()), Long::sum);
            }
        }
        parts.put("memory for activations and scratch", layout.arenaBytes() - layout.streamStart());
        return parts;
    }

    private static String name(TrainJob job, LoweredLayer layer) {
        return layer.kind().role() == Role.BLOCK
                ? "the state of its layers (weights, gradients, optimizer)"
                : String.format(
                        Locale.ROOT, "the vocabulary of %,d", job.model().vocab());
    }

    private static long state(LoweredLayer layer) {
        return layer.weightBytes() + layer.gradientBytes() + layer.nearOptimizerBytes();
    }

    @Override
    public String toString() {
        return "%s over on stage %d, where %s takes %s"
                .formatted(over, stage, most.getKey(), Bytes.of(most.getValue()));
    }
}
