package dev.dovetail.ir.block;

import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.spec.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What sub-layers see of what passes them: the model as wide and as long as its stream is there, and the streams that are kept
 * for sub-layers to come.
 */
public record Passing(ModelDefinition seen, List<Kept> kept) {

    /** A stream that is kept until a sub-layer takes it. */
    public record Kept(int width, int rows, Origin origin) {}

    public Passing {
        kept = List.copyOf(kept);
    }

    /** Goes through a model from its embedding to its head, and tells everything in it that cannot be. */
    public static void check(ModelDefinition model, Consumer<BlockException> wrong) {
        Passing passing = new Passing(model, keptFirst(model));
        boolean holds = true;
        for (Stack stack : model.stacks()) {
            for (int i = 0; i < stack.count(); i++) {
                Passing before = passing;
                for (SubLayer subLayer : stack.subLayers()) {
                    try {
                        passing = passing.behind(subLayer);
                    } catch (BlockException impossible) {
                        holds = false;
                        wrong.accept(impossible);
                    }
                }
                // Layers that leave what passes them as it was are alike.
                if (!holds || passing.equals(before)) {
                    break;
                }
            }
        }
        if (holds) {
            passing.checkEnd(model, wrong);
        }
    }

    private static List<Kept> keptFirst(ModelDefinition model) {
        return model.latent()
                .flatMap(Latent::convolved)
                .filter(Latent.Convolved::kept)
                .map(ends -> List.of(new Kept(model.width(), model.context(), model.origin())))
                .orElse(List.of());
    }

    private void checkEnd(ModelDefinition model, Consumer<BlockException> wrong) {
        if (!kept.isEmpty()) {
            wrong.accept(new BlockException(
                    kept.getLast().origin(),
                    "what is kept here is never taken",
                    "say `take` in a sub-layer behind it, or leave `keep` out"));
        }
        if (seen.context() != model.context()) {
            wrong.accept(new BlockException(
                    model.origin(),
                    "`" + model.name() + "` begins with " + model.context() + " places and ends with " + seen.context(),
                    "double as often as it halves"));
        }
    }

    /** What passes on behind a sub-layer; throws {@link BlockException} where that cannot be here. */
    public Passing behind(SubLayer subLayer) {
        ModelDefinition before = subLayer.takes() ? widened(subLayer) : seen;
        subLayer.validate(before);
        ModelDefinition after = subLayer.block().after(before, subLayer.settings());
        var left = new ArrayList<>(subLayer.takes() ? kept.subList(0, kept.size() - 1) : kept);
        if (subLayer.keeps()) {
            left.add(
                    new Kept(after.width(), after.context(), subLayer.settings().originOf(SubLayer.KEEP)));
        }
        return new Passing(after, left);
    }

    /** The stream with what was kept last beside it. */
    private ModelDefinition widened(SubLayer subLayer) {
        Origin origin = subLayer.settings().originOf(SubLayer.TAKE);
        if (kept.isEmpty()) {
            throw new BlockException(
                    origin, "nothing is kept that `take` could take", "say `keep` in a sub-layer before it");
        }
        Kept last = kept.getLast();
        if (last.rows() != seen.context()) {
            throw new BlockException(
                    origin,
                    "the stream has " + seen.context() + " places here, and what was kept last has " + last.rows(),
                    "resample the stream first, or take it where both are alike");
        }
        return seen.streaming(seen.width() + last.width(), seen.context());
    }
}
