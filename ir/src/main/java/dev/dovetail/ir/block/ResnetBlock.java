package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * A residual block of a diffusion model's UNet (Ho et al. 2020, arXiv:2006.11239): two convolutions behind group norms, told the
 * time between them, and around both the stream, projected where its width changes. Ranks share the hidden channels by groups.
 */
public final class ResnetBlock implements Block {
    /** The field's choice for pictures of any width. */
    public static final int USUAL_GROUPS = 32;

    public static final EntrySchema NORM_GROUPS =
            EntrySchema.count("norm_groups", "groups of channels that are normalised together; 32 unless said");

    private static final Schema SCHEMA =
            Schema.of("resnet", EntrySchema.count("width", "channels behind it; as before unless said"), NORM_GROUPS);

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public boolean givesStream() {
        return true;
    }

    @Override
    public ModelDefinition after(ModelDefinition model, Settings settings) {
        return model.streaming(width(model, settings), model.context());
    }

    private static int width(ModelDefinition model, Settings settings) {
        return settings.count("width").map(Math::toIntExact).orElse(model.width());
    }

    static long groups(Settings settings) {
        return settings.count(NORM_GROUPS.name()).orElse((long) USUAL_GROUPS);
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        requirePicture(model, settings, schema().name());
        requireGroups(model.width(), settings);
        requireGroups(width(model, settings), settings);
    }

    /** Throws where the stream is no noised picture's. */
    static void requirePicture(ModelDefinition model, Settings settings, String block) {
        if (model.latent().flatMap(Latent::convolved).isEmpty()) {
            throw new BlockException(
                    settings.origin(),
                    "`" + block + "` convolves a picture that noise is taken off",
                    "say `input latent { size 8 x 8, channels 1, convolution 3 }` in the model");
        }
    }

    static void requireGroups(int width, Settings settings) {
        long groups = groups(settings);
        if (width < 1) {
            throw new BlockException(settings.originOf("width"), "a stream has at least one channel", "say `width 64`");
        }
        if (groups < 1 || width % groups != 0) {
            throw new BlockException(
                    settings.originOf(NORM_GROUPS.name()),
                    width + " channels do not come in " + groups + " groups",
                    "choose `norm_groups` that divide every width, of what `take` puts beside too");
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        int after = width(context.model(), settings);
        Dim width = Dim.of(Names.WIDTH, after);
        Dim groups = Dim.of(Names.INNER, groups(settings));
        Dim each = Dim.of(Names.GROUP_WIDTH, after / groups.bound());
        var hidden = List.of(groups, each);
        var convolution = Convolution.of(context, 3);
        Value normed = GroupNorm.of(context, groups.bound()).activatedStream("norm", x);
        Value h = convolution.same("conv_in", normed, List.of(context.width()), hidden);
        Value told = context.map("condition_activated", Activations.silu(), condition(context));
        Value time =
                context.project("time", told, List.of(told.type().dims().getLast()), hidden, true, context.weight());
        h = context.map("told", Scalars.add(Scalars.arg(0), Scalars.arg(1)), h, time);
        h = new GroupNorm(context, groups).activated("norm_out", h);
        // It begins as the stream itself, as the first of these models did.
        Value branch = convolution.same("conv_out", h, hidden, List.of(width), Initializer.ZEROS);
        return context.map("stream", Scalars.add(Scalars.arg(0), Scalars.arg(1)), around(context, x, width), branch);
    }

    private static Value condition(BlockContext context) {
        return context.handed().get(BlockContext.CONDITION);
    }

    /** The stream as wide as behind the block. */
    private static Value around(BlockContext context, Value x, Dim width) {
        if (context.width().equals(width)) {
            return x;
        }
        Dim shaped = Dim.of(Names.SHAPED, width.bound());
        Value y = context.project("around", x, List.of(context.width()), List.of(shaped), true, context.weight());
        return context.builder().one("around_stream", new Regroup(List.of(shaped), List.of(width)), y);
    }
}
