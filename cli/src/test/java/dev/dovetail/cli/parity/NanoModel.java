package dev.dovetail.cli.parity;

import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.Block;
import dev.dovetail.ir.block.ConvBlock;
import dev.dovetail.ir.block.DeltaBlock;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.LruBlock;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.block.ResampleBlock;
import dev.dovetail.ir.block.ResnetBlock;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.block.SsmBlock;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Hiding;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Models small enough to train under every plan there is: width 16, sequence 16, four heads. */
final class NanoModel {
    static final int BATCH = 8;
    static final int SEQUENCE = 16;
    static final int WIDTH = 16;
    static final int VOCAB = 32;
    static final int LAYERS = 4;
    static final int HEADS = 4;

    private NanoModel() {}

    /** As GPT-2: layer norm, learned positions, biases, gelu, the token table tied to the head. */
    static TrainJob gpt(ElementType element) {
        return gpt(element, LAYERS);
    }

    static TrainJob gpt(ElementType element, int layers) {
        var attention = Settings.empty("attention").with("heads", HEADS);
        var mlp = Settings.empty("mlp").with("inner", 4 * WIDTH).with("activation", "gelu");
        return job(
                "nano_gpt",
                NormKind.LAYER,
                Positions.LEARNED,
                true,
                attention,
                mlp,
                Precision.uniform(element),
                layers);
    }

    /** As Llama: RMS norm, rotary positions, shared key heads, swiglu, a head of its own. */
    static TrainJob llama(ElementType element) {
        return llama(element, LAYERS);
    }

    static TrainJob llama(ElementType element, int layers) {
        return llama(Precision.uniform(element), layers);
    }

    static TrainJob llama(Precision precision, int layers) {
        var attention = Settings.empty("attention").with("heads", HEADS).with("kv_heads", HEADS / 2);
        var mlp = Settings.empty("mlp").with("inner", 3 * WIDTH).with("activation", "swiglu");
        return job("nano_llama", NormKind.RMS, Positions.ROPE, false, attention, mlp, precision, layers);
    }

    /** As Mixtral, with a shared expert and a balance loss; four experts, two for a token. */
    static TrainJob moe(ElementType element, Optional<Double> capacity) {
        var attention = Settings.empty("attention").with("heads", HEADS);
        var moe = Settings.empty("moe")
                .with("experts", 4)
                .with("top", 2)
                .with("inner", WIDTH)
                .with("activation", "swiglu")
                .with("shared", 1)
                .with("balance_loss", 0.01);
        return job(
                "nano_moe",
                NormKind.RMS,
                Positions.ROPE,
                false,
                attention,
                capacity.map(factor -> moe.with("capacity", factor)).orElse(moe),
                Precision.uniform(element),
                LAYERS);
    }

    /**
     * As DeepSeek-V3: latent attention, sigmoid scores, groups, a bias for the choice; nothing dropped. The last of its layers
     * predicts the token behind the next.
     */
    static TrainJob latent(ElementType element) {
        var attention = Settings.empty("attention")
                .with("heads", HEADS)
                .with("kv_latent", 10)
                .with("q_latent", 12)
                .with("head_dim", 6)
                .with("rope_dim", 2)
                .with("value_dim", 5);
        var groups = Settings.empty("groups").with("value", 2).with("kept", 1).with("votes", 2);
        var moe = Settings.empty("moe")
                .with("experts", 4)
                .with("top", 2)
                .with("inner", WIDTH)
                .with("latent", 6)
                .with("activation", "swiglu")
                .with("scoring", "sigmoid")
                .with("scale", 2.5)
                .with("groups", new Settings.Setting.Group(groups))
                .withFlag("choice_bias");
        var layer = List.of(subLayer(new AttentionBlock(), attention), subLayer(new MoeBlock(), moe));
        var head = new Head.Tokens(Optional.empty(), Optional.of(new Head.Further(1, 0.3)));
        var stacks = List.of(new Stack(LAYERS - 1, layer));
        return job(
                model("nano_latent", NormKind.RMS, Positions.ROPE, false, stacks)
                        .between(Ends.TEXT.with(head)),
                Precision.uniform(element));
    }

    /** Both kinds of state-space model and attention, all in each layer; four chunks of a sequence. */
    static TrainJob hybrid(ElementType element) {
        var second = Settings.empty("ssm")
                .with("state", 4)
                .with("inner", 2 * WIDTH)
                .with("head_dim", 8)
                .with("chunk", 4);
        var first = Settings.empty("ssm")
                .with("kind", "mamba1")
                .with("state", 3)
                .with("inner", WIDTH)
                .with("step_rank", 2)
                .withFlag("norms");
        var attention = Settings.empty("attention").with("heads", HEADS);
        var layer = List.of(
                subLayer(new SsmBlock(), second),
                subLayer(new SsmBlock(), first),
                subLayer(new AttentionBlock(), attention));
        return job("nano_hybrid", NormKind.RMS, Positions.NONE, false, layer, Precision.uniform(element), LAYERS);
    }

    /**
     * Gated linear attention, a gated recurrence and a gated convolution beside attention: four chunks of a sequence, two heads of values for each of
     * keys.
     */
    static TrainJob delta(ElementType element) {
        var delta = Settings.empty("delta")
                .with("heads", HEADS)
                .with("value_heads", 2 * HEADS)
                .with("head_dim", 4)
                .with("value_dim", 3)
                .with("chunk", 4);
        var attention = Settings.empty("attention").with("heads", HEADS).withFlag("gate");
        var lru = Settings.empty("lru").with("heads", HEADS).with("inner", 2 * WIDTH);
        var layer = List.of(
                subLayer(new DeltaBlock(), delta),
                subLayer(new LruBlock(), lru),
                subLayer(new ConvBlock(), Settings.empty("conv")),
                subLayer(new AttentionBlock(), attention));
        return job("nano_delta", NormKind.RMS, Positions.ROPE, false, layer, Precision.uniform(element), LAYERS);
    }

    /** As BERT: every token sees all others, norms behind the sums; a fifth of the tokens is hidden. */
    static TrainJob masked(ElementType element) {
        var attention = Settings.empty("attention").with("heads", HEADS).with("mask", "none");
        var mlp = Settings.empty("mlp").with("inner", 4 * WIDTH).with("activation", "gelu_erf");
        var layer = List.of(behind(new AttentionBlock(), attention), behind(new MlpBlock(), mlp));
        var stacks = List.of(new Stack(LAYERS, layer));
        ModelDefinition model = model("nano_masked", NormKind.LAYER, Positions.LEARNED, true, stacks)
                .between(Ends.TEXT
                        .with(new Head.Tokens(Optional.of(Head.Dense.TRANSFORM), Optional.empty()))
                        .withTokenTypes(2));
        return job(model, Precision.uniform(element), hidden(Hiding.Single.of(0.2, SEQUENCE)));
    }

    /** As T5: two layers that read a text without some spans, two that say those; a table of tokens and one of distances. */
    static TrainJob spans(ElementType element) {
        var relative = Settings.empty("relative")
                .with("buckets", 8)
                .with("distance", 12)
                .withFlag("shared");
        var attention =
                Settings.empty("attention").with("heads", HEADS).with("relative", new Settings.Setting.Group(relative));
        var mlp = subLayer(
                new MlpBlock(),
                Settings.empty("mlp")
                        .with("inner", 4 * WIDTH)
                        .with("activation", "xielu")
                        .withFlag("inner_norm"));
        var crossing = subLayer(
                new AttentionBlock(),
                Settings.empty("attention").with("heads", HEADS).withFlag("cross"));
        var reads = List.of(subLayer(new AttentionBlock(), attention.with("mask", "none")), mlp);
        var says = List.of(subLayer(new AttentionBlock(), attention), crossing, mlp);
        ModelDefinition encoder = model("reader", NormKind.RMS, Positions.NONE, true, List.of(new Stack(2, reads)))
                .between(Ends.TEXT.with(new Head.Features()));
        ModelDefinition model = model("nano_spans", NormKind.RMS, Positions.NONE, true, List.of(new Stack(2, says)))
                .between(Ends.TEXT.reading(new Source(encoder, Optional.empty(), false, true, 0)));
        return job(model, Precision.uniform(element), hidden(Hiding.Spans.of(0.35, 2, SEQUENCE)));
    }

    private static DataSource hidden(Hiding hiding) {
        return new DataSource.Hidden(new DataSource.JdkSource(), hiding, VOCAB - 1);
    }

    private static SubLayer behind(Block block, Settings settings) {
        return new SubLayer(block, settings, NormPlace.POST, true, false);
    }

    /** As DiT: layers modulated by time and class, on sixteen patches of a picture. */
    static TrainJob pictures(ElementType element) {
        var attention = Settings.empty("attention").with("heads", HEADS).with("mask", "none");
        var mlp = Settings.empty("mlp").with("inner", 4 * WIDTH).with("activation", "gelu");
        var layer = List.of(modulated(new AttentionBlock(), attention), modulated(new MlpBlock(), mlp));
        var precision = Precision.uniform(element);
        TrainJob job = job("nano_pictures", NormKind.LAYER, Positions.NONE, false, layer, precision, LAYERS);
        return job(job.model().of(new Latent(8, 1, 2, 3, Latent.Predicts.FLOW, false)), precision);
    }

    /** As a UNet: half the rows and columns and back, two streams that cross the middle, attention there. */
    static TrainJob unet(ElementType element) {
        var attention = Settings.empty("attention").with("heads", HEADS).with("mask", "none");
        SubLayer takes = convolves(new ResnetBlock(), Settings.empty("resnet").withFlag(SubLayer.TAKE));
        var stacks = List.of(
                new Stack(
                        1,
                        List.of(convolves(
                                new ResnetBlock(), Settings.empty("resnet").withFlag(SubLayer.KEEP)))),
                new Stack(1, List.of(resample("half", 2 * WIDTH), subLayer(new AttentionBlock(), attention))),
                new Stack(1, List.of(resample("double", WIDTH))),
                new Stack(1, List.of(takes, takes)));
        var pictures = new Latent(4, 1, 1, 3, Latent.Predicts.FLOW, false)
                .told(new Latent.Told(WIDTH / 2, 8, false))
                .between(new Latent.Convolved(3, HEADS, true));
        return job(
                model("nano_unet", NormKind.LAYER, Positions.NONE, false, stacks)
                        .of(pictures),
                Precision.uniform(element));
    }

    private static SubLayer convolves(Block block, Settings settings) {
        return new SubLayer(block, settings.with("norm_groups", HEADS), NormPlace.NONE, false, false);
    }

    private static SubLayer resample(String to, int width) {
        var settings = Settings.empty("resample").with("to", to).with("width", width);
        return new SubLayer(new ResampleBlock(), settings, NormPlace.NONE, false, false);
    }

    private static SubLayer modulated(Block block, Settings settings) {
        return subLayer(block, settings.with(SubLayer.MODULATE, "adaln_zero"));
    }

    private static TrainJob job(
            String name,
            NormKind norm,
            Positions positions,
            boolean tied,
            Settings attention,
            Settings feedForward,
            Precision precision,
            int layers) {
        Block block = feedForward.name().equals("moe") ? new MoeBlock() : new MlpBlock();
        return job(
                name,
                norm,
                positions,
                tied,
                List.of(subLayer(new AttentionBlock(), attention), subLayer(block, feedForward)),
                precision,
                layers);
    }

    private static SubLayer subLayer(Block block, Settings settings) {
        return new SubLayer(block, settings, NormPlace.PRE, true, false);
    }

    private static TrainJob job(
            String name,
            NormKind norm,
            Positions positions,
            boolean tied,
            List<SubLayer> layer,
            Precision precision,
            int layers) {
        return job(model(name, norm, positions, tied, List.of(new Stack(layers, layer))), precision);
    }

    private static ModelDefinition model(
            String name, NormKind norm, Positions positions, boolean tied, List<Stack> stacks) {
        return new ModelDefinition(
                name,
                VOCAB,
                WIDTH,
                SEQUENCE,
                positions,
                positions == Positions.LEARNED ? SEQUENCE : 0,
                norm,
                1e-5,
                norm == NormKind.LAYER,
                tied,
                false,
                false,
                true,
                stacks,
                Origin.NONE);
    }

    private static TrainJob job(ModelDefinition model, Precision precision) {
        return job(model, precision, new DataSource.JdkSource());
    }

    private static TrainJob job(ModelDefinition model, Precision precision, DataSource data) {
        return new TrainJob(
                model.name(),
                model,
                Cluster.of("none", List.of(), Origin.NONE),
                data,
                BATCH,
                SEQUENCE,
                3,
                precision,
                OptimizerSettings.ADAMW,
                List.of(Objective.TIME),
                List.of(),
                Map.of(),
                List.of(),
                0,
                50,
                Origin.NONE);
    }
}
