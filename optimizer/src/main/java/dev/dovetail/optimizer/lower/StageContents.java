package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Recomputation;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * The layers of one pipeline stage, as chunks (virtual stages) of runs of equal layers.
 *
 * @param chunks for each virtual stage on this stage, its runs in the order of the model
 */
public record StageContents(List<List<Run>> chunks) {

    /** {@code count} consecutive layers of one kind that recompute the same, the first being layer {@code first} of the model. */
    public record Run(LoweredLayer layer, int first, int count) {}

    public StageContents {
        chunks = chunks.stream().map(List::copyOf).toList();
    }

    /**
     * Where the layers come from.
     *
     * @param layers the lowered form of each kind of layer, by index into {@code model.kinds()} and by what it recomputes
     */
    public record Source(Model model, Recomputation recompute, BiFunction<Integer, Recompute, LoweredLayer> layers) {

        /** Layers of one kind that recompute the same are equal; embedding and head recompute nothing. */
        private boolean equal(int one, int other) {
            return model.order().get(one).equals(model.order().get(other)) && recompute(one) == recompute(other);
        }

        private Recompute recompute(int layer) {
            boolean isEnd = layer == 0 || layer == model.order().size() - 1;
            return isEnd ? Recompute.NONE : recompute.at(layer - 1);
        }

        /** Layer {@code layer} of the model, the embedding being layer 0. */
        LoweredLayer lowered(int layer) {
            return layers.apply(model.order().get(layer), recompute(layer));
        }
    }

    /** The layers of any stage of one plan. */
    public interface OfStage {
        StageContents on(int stage);
    }

    public static OfStage of(Source source, StageSplit split, StagePlacement placement) {
        int[] firsts = split.firsts();
        return stage -> {
            var chunks = new ArrayList<List<Run>>();
            for (int chunk = 0; chunk < placement.chunks(); chunk++) {
                int index = placement.virtual(stage, chunk);
                chunks.add(runs(source, firsts[index], split.sizes().get(index)));
            }
            return new StageContents(chunks);
        };
    }

    private static List<Run> runs(Source source, int first, int count) {
        var runs = new ArrayList<Run>();
        int start = first;
        for (int i = first + 1; i <= first + count; i++) {
            if (i == first + count || !source.equal(i, start)) {
                runs.add(new Run(source.lowered(start), start, i - start));
                start = i;
            }
        }
        return runs;
    }
}
