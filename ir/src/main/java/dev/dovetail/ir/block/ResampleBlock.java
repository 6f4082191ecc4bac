package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/** Half or twice the rows and columns of a picture, by a convolution: of every second place, or of each place four times. */
public final class ResampleBlock implements Block {
    private static final int TAPS = 3;

    private static final Schema SCHEMA = Schema.of(
            "resample",
            EntrySchema.choice("to", "what becomes of rows and columns", "half", "double")
                    .mandatory(),
            EntrySchema.count("width", "channels behind it; as before unless said"));

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public boolean givesStream() {
        return true;
    }

    private static boolean halves(Settings settings) {
        return settings.word("to").orElseThrow().equals("half");
    }

    @Override
    public ModelDefinition after(ModelDefinition model, Settings settings) {
        return model.streaming(width(model, settings), halves(settings) ? model.context() / 4 : model.context() * 4);
    }

    private static int width(ModelDefinition model, Settings settings) {
        return settings.count("width").map(Math::toIntExact).orElse(model.width());
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        ResnetBlock.requirePicture(model, settings, schema().name());
        int side = Convolution.side(model.context());
        if (halves(settings) && side % 2 != 0) {
            throw new BlockException(
                    settings.originOf("to"),
                    "a picture of " + side + " x " + side + " has no half",
                    "halve it fewer times, or begin with a side that is a multiple of a power of two");
        }
        if (width(model, settings) < 1) {
            throw new BlockException(settings.originOf("width"), "a stream has at least one channel", "say `width 64`");
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        var from = List.of(context.width());
        Dim shaped = Dim.of(Names.SHAPED, width(context.model(), settings));
        Value y;
        if (halves(settings)) {
            y = Convolution.of(context, TAPS).halved("conv", x, from, List.of(shaped));
        } else {
            Value larger = Convolution.doubled(context, "doubled", x);
            int side = Convolution.side(larger.type().dims().getFirst().bound());
            y = new Convolution(context, TAPS, side).same("conv", larger, from, List.of(shaped));
        }
        var width = new Regroup(List.of(shaped), List.of(Dim.of(Names.WIDTH, shaped.bound())));
        return context.builder().one("stream", width, y);
    }
}
