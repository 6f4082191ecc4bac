package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * A transformer on the places of a UNet's picture (Rombach et al. 2022, arXiv:2112.10752): behind a group norm and between two
 * projections, layers of attention to all places, attention to text, and an mlp; around all of it the stream.
 */
public final class TransformerBlock implements Block {
    private static final Schema SCHEMA = Schema.of(
            "transformer",
            EntrySchema.count("heads", "heads of its attention").mandatory(),
            EntrySchema.count("depth", "layers one behind the other; 1 unless said"),
            EntrySchema.flag("cross", "its layers attend to the text that pictures are asked for by"),
            ResnetBlock.NORM_GROUPS);

    private final AttentionBlock attention = new AttentionBlock();
    private final MlpBlock mlp = new MlpBlock();

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public boolean givesStream() {
        return true;
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        ResnetBlock.requirePicture(model, settings, schema().name());
        ResnetBlock.requireGroups(model.width(), settings);
        if (settings.count("depth").orElse(1L) < 1) {
            throw new BlockException(
                    settings.originOf("depth"), "a transformer has a layer", "leave `depth` out for one");
        }
        attention.validate(model, own(settings));
        if (settings.has("cross")) {
            attention.validate(model, settings);
        }
    }

    private static Settings own(Settings settings) {
        return Settings.empty("attention")
                .with("heads", settings.find("heads").orElseThrow())
                .with("mask", "none")
                .with("bias", "out");
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        Value normed = GroupNorm.of(context, ResnetBlock.groups(settings)).ofStream("norm", x);
        Value h = projected(context, "in", normed);
        for (int layer = 0; layer < settings.count("depth").orElse(1L); layer++) {
            h = layer(context.named(context.prefix() + "." + layer), settings, h);
        }
        return added(context, x, projected(context, "out", h));
    }

    private Value layer(BlockContext context, Settings settings, Value stream) {
        BlockContext self = context.named(context.prefix() + ".attention");
        Value h = added(self, stream, attention.expand(self, own(settings), normed(self, stream)));
        if (settings.has("cross")) {
            BlockContext cross = context.named(context.prefix() + ".cross");
            h = added(cross, h, attention.expand(cross, own(settings).withFlag("cross"), normed(cross, h)));
        }
        BlockContext last = context.named(context.prefix() + ".mlp");
        Settings gated = Settings.empty("mlp")
                .with("inner", 4.0 * context.model().width())
                .with("activation", "geglu_erf")
                .with("bias", "all");
        return added(last, h, mlp.expand(last, gated, normed(last, h)));
    }

    private static Value normed(BlockContext context, Value x) {
        return context.normalize("norm", x, context.width(), NormKind.LAYER);
    }

    private static Value added(BlockContext context, Value x, Value branch) {
        return context.map("stream", Scalars.add(Scalars.arg(0), Scalars.arg(1)), x, branch);
    }

    /** Onto as many channels again. */
    private static Value projected(BlockContext context, String name, Value x) {
        Dim width = context.width();
        Dim shaped = Dim.of(Names.SHAPED, width.bound());
        Value y = context.project(name, x, List.of(width), List.of(shaped), true, context.weight());
        return context.builder().one(name + "_stream", new Regroup(List.of(shaped), List.of(width)), y);
    }
}
