package dev.dovetail.optimizer.search;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.optimizer.lower.StagePlacement;
import dev.dovetail.optimizer.lower.StageSplit;
import java.util.List;

/**
 * How many layers of each kind every stage and chunk holds. Kinds count once for each way to recompute that a plan uses.
 *
 * @param counts by stage, chunk and kind
 * @param totals by kind, over the whole model
 */
record StageShares(StagePlacement placement, int[][][] counts, int[] totals) {
    int stages() {
        return placement.stages();
    }

    int chunks() {
        return placement.chunks();
    }

    /** Layers that all recompute the same. */
    static StageShares of(Model model, StagePlacement placement, StageSplit split) {
        return of(model, placement, split, Recomputation.NONE, List.of(Recompute.NONE));
    }

    /** @param modes every one that occurs in {@code recompute} */
    static StageShares of(
            Model model, StagePlacement placement, StageSplit split, Recomputation recompute, List<Recompute> modes) {
        int kinds = 2 + (model.kinds().size() - 2) * modes.size();
        int[][][] counts = new int[placement.stages()][placement.chunks()][kinds];
        int[] totals = new int[kinds];
        int layer = 0;
        for (int virtual = 0; virtual < split.sizes().size(); virtual++) {
            for (int i = 0; i < split.sizes().get(virtual); i++) {
                boolean isEnd = layer == 0 || layer == model.order().size() - 1;
                int mode = isEnd ? 0 : modes.indexOf(recompute.at(layer - 1));
                int kind = place(
                        model.order().get(layer++),
                        mode,
                        modes.size(),
                        model.kinds().size());
                counts[placement.stage(virtual)][placement.chunk(virtual)][kind]++;
                totals[kind]++;
            }
        }
        return new StageShares(placement, counts, totals);
    }

    /** Embedding first, then each kind in each way to recompute, the head last. */
    private static int place(int kind, int mode, int modes, int kinds) {
        boolean isEmbedding = kind == 0;
        boolean isHead = kind == kinds - 1;
        return isEmbedding ? 0 : 1 + (kind - 1) * modes + (isHead ? 0 : mode);
    }

    /** Figures in the order of the counts. */
    static LayerFigures[] arranged(List<LayerFigures[]> byMode) {
        int kinds = byMode.getFirst().length;
        var all = new LayerFigures[2 + (kinds - 2) * byMode.size()];
        for (int mode = 0; mode < byMode.size(); mode++) {
            for (int kind = 0; kind < kinds; kind++) {
                all[place(kind, mode, byMode.size(), kinds)] = byMode.get(mode)[kind];
            }
        }
        return all;
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
