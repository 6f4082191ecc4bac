package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The layers of one pipeline stage, as chunks (virtual stages) of runs of equal layers.
 *
 * @param chunks for each virtual stage on this stage, its runs in the order of the model
 */
public record StageContents(List<List<Run>> chunks) {

    /** {@code count} consecutive layers of one kind, the first being layer {@code first} of the model. */
    public record Run(LoweredLayer layer, int first, int count) {}

    public StageContents {
        chunks = chunks.stream().map(List::copyOf).toList();
    }

    /**
     * @param layers the lowered form of each kind of layer, by index into {@code model.kinds()}
     * @param stages pipeline stages
     */
    public static StageContents of(
            Model model, IntFunction<LoweredLayer> layers, StageSplit split, int stages, int stage) {
        var chunks = new ArrayList<List<Run>>();
        for (int index = stage; index < split.sizes().size(); index += stages) {
            chunks.add(runs(model, layers, split.first(index), split.sizes().get(index)));
        }
        return new StageContents(chunks);
    }

    private static List<Run> runs(Model model, IntFunction<LoweredLayer> layers, int first, int count) {
        var runs = new ArrayList<Run>();
        int start = first;
        for (int i = first + 1; i <= first + count; i++) {
            boolean ends = i == first + count
                    || !model.order().get(i).equals(model.order().get(start));
            if (ends) {
                runs.add(new Run(layers.apply(model.order().get(start)), start, i - start));
                start = i;
            }
        }
        return runs;
    }
}
