package dev.dovetail.optimizer.search;

import dev.dovetail.ir.model.Model;
import dev.dovetail.optimizer.lower.StageSplit;

/**
 * How many layers of each kind every stage and chunk holds.
 *
 * @param counts by stage, chunk and kind
 * @param totals by kind, over the whole model
 */
record StageShares(int stages, int chunks, int[][][] counts, int[] totals) {

    static StageShares of(Model model, int stages, int chunks, StageSplit split) {
        int[][][] counts = new int[stages][chunks][model.kinds().size()];
        int[] totals = new int[model.kinds().size()];
        int layer = 0;
        for (int virtual = 0; virtual < split.sizes().size(); virtual++) {
            for (int i = 0; i < split.sizes().get(virtual); i++) {
                int kind = model.order().get(layer++);
                counts[virtual % stages][virtual / stages][kind]++;
                totals[kind]++;
            }
        }
        return new StageShares(stages, chunks, counts, totals);
    }

    /** Layers of a kind on a stage, over all chunks. */
    int onStage(int stage, int kind) {
        int sum = 0;
        for (int[] chunk : counts[stage]) {
            sum += chunk[kind];
        }
        return sum;
    }
}
