package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * The text beside a picture becomes rows of the stream behind the patches, so that both go through the same weights, and leaves it
 * again: the layers of one stream behind those of two (FLUX.1, Black Forest Labs 2024).
 */
public final class TextBlock implements Block {
    private static final Schema SCHEMA = Schema.of(
            "text",
            EntrySchema.choice("goes", "into the stream of patches, or out of it", "in", "out")
                    .mandatory());

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public boolean givesStream() {
        return true;
    }

    private static boolean goesIn(Settings settings) {
        return settings.word("goes").orElseThrow().equals("in");
    }

    private static int rows(ModelDefinition model) {
        return model.latent().flatMap(Latent::text).map(Latent.Text::rows).orElse(0);
    }

    @Override
    public ModelDefinition after(ModelDefinition model, Settings settings) {
        int text = rows(model);
        return model.streaming(model.width(), goesIn(settings) ? model.context() + text : model.context() - text);
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        if (rows(model) == 0) {
            throw new BlockException(
                    settings.originOf("goes"),
                    "there is no text beside the picture",
                    "say it in `condition`, such as `text 512 of 4096`");
        }
        boolean isIn = model.context() != model.latent().orElseThrow().patches();
        if (isIn == goesIn(settings)) {
            throw new BlockException(
                    settings.originOf("goes"),
                    isIn ? "the text is in the stream already" : "the text is not in the stream",
                    isIn ? "say `goes out` first" : "say `goes in` before it");
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        return goesIn(settings) ? joined(context, x) : parted(context, x);
    }

    private static Value joined(BlockContext context, Value x) {
        Value text = context.handed().remove(BlockContext.TEXT);
        Value both = JoinedRows.of(context, "both", Names.JOINT, List.of(x, text));
        return named(context, both, Names.SEQUENCE);
    }

    /** The patches; what became of the text is read no more. */
    private static Value parted(BlockContext context, Value x) {
        Value both = named(context, x, Names.JOINT);
        Dim patches = Dim.of(Names.SEQUENCE, both.type().dims().getFirst().bound() - rows(context.model()));
        return JoinedRows.first(context, "patches", patches, both);
    }

    /** The same with another name for its rows. */
    private static Value named(BlockContext context, Value x, String name) {
        Dim rows = x.type().dims().getFirst();
        var other = new Regroup(List.of(rows), List.of(Dim.of(name, rows.bound())));
        return context.builder().one("rows_as_" + name, other, x);
    }
}
