package dev.dovetail.ir.model;

import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.Adaptation.LowRank;
import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.ConvBlock;
import dev.dovetail.ir.block.DeltaBlock;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.LruBlock;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Multipliers;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.NormWeights;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.block.ResampleBlock;
import dev.dovetail.ir.block.ResnetBlock;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.block.SsmBlock;
import dev.dovetail.ir.block.TextBlock;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Optional;

/**
 * The smallest models that differ in every convention a spec can ask for; four ranks can split each.
 *
 * <p>One list, because every test of blocks goes over all of it.
 */
public enum TinyModels {
    /** Layer norm, biases, learned positions, tied output projection. */
    GPT(Positions.LEARNED, NormKind.LAYER, true, true, false, false, attention(4, 4), mlp("gelu"), NormPlace.PRE),
    /** RMS norm, rotary positions, grouped KV heads, SwiGLU. */
    LLAMA(Positions.ROPE, NormKind.RMS, false, false, false, false, attention(8, 4), mlp("swiglu"), NormPlace.PRE),
    /** Per-head query-key norm and an output bias. */
    QK_NORM(
            Positions.ROPE,
            NormKind.RMS,
            false,
            false,
            true,
            false,
            attention(4, 4).withFlag("qk_norm").with("bias", "qkv"),
            mlp("swiglu"),
            NormPlace.PRE),
    /** ALiBi over heads that are no power of two, a norm after the embedding, tied. */
    BLOOM(Positions.ALIBI, NormKind.LAYER, true, true, false, true, attention(12, 4), mlp("gelu"), NormPlace.PRE),
    /** Attention and MLP read the same stream value; half of each head turns. */
    NEOX(
            Positions.ROPE,
            NormKind.LAYER,
            true,
            false,
            false,
            false,
            attention(4, 4)
                    .with("rope", new Setting.Group(Settings.empty("rope").with("fraction", 0.5))),
            mlp("gelu"),
            NormPlace.PRE,
            true),
    /** A sliding window of two keys, GEGLU, and low frequencies stretched. */
    WINDOW(
            Positions.ROPE,
            NormKind.RMS,
            false,
            true,
            false,
            false,
            attention(4, 4)
                    .with("window", 2)
                    .with(
                            "rope",
                            new Setting.Group(Settings.empty("rope")
                                    .with("theta", 100)
                                    .with("factor", 4)
                                    .with("original_context", 16))),
            mlp("geglu"),
            NormPlace.PRE),
    /** Learned slopes of the function, and norms inside. */
    XIELU(
            Positions.ROPE,
            NormKind.RMS,
            false,
            false,
            false,
            false,
            attention(8, 4).withFlag("inner_norm"),
            mlp("xielu").withFlag("inner_norm"),
            NormPlace.PRE),
    /** No positions, norms after the residual sum, ReLU, every key seen. */
    POST_NORM(
            Positions.NONE,
            NormKind.LAYER,
            true,
            false,
            false,
            false,
            attention(4, 4).with("mask", "none"),
            mlp("relu"),
            NormPlace.POST),
    /** Two of four experts a token, gates that add up to one, queues that drop nothing. */
    MOE(Positions.ROPE, NormKind.RMS, false, false, false, false, attention(4, 4), moe("swiglu"), NormPlace.PRE),
    /** Latent attention, experts narrower than the model, sigmoid scores, groups, a bias for the choice, a shared expert. */
    LATENT_MOE(
            Positions.ROPE,
            NormKind.RMS,
            false,
            false,
            false,
            false,
            latent(),
            moe("swiglu")
                    .with("latent", 6)
                    .withFlag("choice_bias")
                    .with("scoring", "sigmoid")
                    .with("scale", 2.5)
                    .with(
                            "shared",
                            new Setting.Group(Settings.empty("shared")
                                    .with("value", 2)
                                    .with("inner", 4)
                                    .withFlag("gate")))
                    .with(
                            "groups",
                            new Setting.Group(Settings.empty("groups")
                                    .with("value", 2)
                                    .with("kept", 1)
                                    .with("votes", 2))),
            NormPlace.PRE),
    /** Sinks, biases of experts, clamped gates, weights that do not add up to one. */
    SINKS_MOE(
            Positions.ROPE,
            NormKind.RMS,
            false,
            false,
            false,
            false,
            attention(8, 4).withFlag("sinks").with("window", 3).with("bias", "all"),
            moe("clamped_swiglu").with("bias", "all").with("gates", "raw"),
            NormPlace.PRE),
    /** One norm without shift for both sub-layers, each head centred with a scale of its own, scaled logits. */
    COHERE(
            NormKind.LAYER,
            NormWeights.SCALE,
            new Multipliers(1, 1, 0.5, 0),
            new SubLayer(new AttentionBlock(), attention(4, 4).with("qk_norm", "each"), NormPlace.PRE, true, false),
            new SubLayer(new MlpBlock(), mlp("swiglu"), NormPlace.SHARED, true, true)),
    /** Norms before and behind, heads normalised as one row, gates on heads, yarn, factors and capped logits. */
    GEMMA(
            NormKind.RMS,
            NormWeights.ALL,
            new Multipliers(3, 0.7, 1, 2),
            new SubLayer(
                    new AttentionBlock(),
                    attention(8, 4)
                            .with("qk_norm", "whole")
                            .withFlag("gate")
                            .with("scale", 0.4)
                            .with("cap", 0.5)
                            .with(
                                    "rope",
                                    new Setting.Group(Settings.empty("rope")
                                            .with("scaling", "yarn")
                                            .with("theta", 100)
                                            .with("factor", 4)
                                            .with("original_context", 64)
                                            .with("magnitude", 1.25))),
                    NormPlace.BOTH,
                    true,
                    false),
            new SubLayer(new MlpBlock(), mlp("relu2"), NormPlace.BOTH, true, false)),
    /** Norms that learn nothing, behind the sub-layer and before the sum. */
    OLMO(
            NormKind.LAYER,
            NormWeights.NONE,
            Multipliers.NONE,
            new SubLayer(new AttentionBlock(), attention(4, 4).with("bias", "out"), NormPlace.OUT, true, false),
            new SubLayer(new MlpBlock(), mlp("swiglu"), NormPlace.OUT, true, false)),
    /** A diffusion transformer on four patches of a picture, conditioned on time and class. */
    DIT(
            Positions.NONE,
            NormKind.LAYER,
            true,
            false,
            false,
            false,
            attention(4, 4).with("mask", "none").with("modulate", "adaln_zero"),
            mlp("gelu").with("modulate", "adaln_zero"),
            NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            return super.definition().of(new Latent(4, 1, 2, 3, Latent.Predicts.NOISE, false));
        }
    },
    /** Two streams that attend to both, text read by others; the text ends behind the last attention. */
    MM_DIT(
            Positions.NONE,
            NormKind.LAYER,
            true,
            false,
            false,
            false,
            attention(4, 4)
                    .with("mask", "none")
                    .withFlag("qk_norm")
                    .withFlag("joint")
                    .with("modulate", "adaln_zero"),
            mlp("gelu").withFlag("joint").with("modulate", "adaln_zero"),
            NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var latent = new Latent(4, 1, 2, 0, Latent.Predicts.FLOW, false);
            ModelDefinition layers = super.definition();
            List<SubLayer> both = layers.stacks().getFirst().subLayers();
            SubLayer attention = both.getFirst();
            var last = List.of(
                    new SubLayer(
                            attention.block(), attention.settings().with("joint", "last"), NormPlace.PRE, true, false),
                    new SubLayer(
                            new MlpBlock(), mlp("gelu").with("modulate", "adaln_zero"), NormPlace.PRE, true, false));
            var stacks = List.of(new Stack(1, both), new Stack(1, last));
            return stacked(layers, layers.width(), layers.context(), stacks)
                    .of(latent.askedBy(new Latent.Text(3, 5, 6)));
        }
    },
    /** Two streams, then one of both through one norm and one gate, beside an mlp. */
    FLUX(
            Positions.NONE,
            NormKind.LAYER,
            true,
            false,
            false,
            false,
            attention(4, 4)
                    .with("mask", "none")
                    .withFlag("qk_norm")
                    .withFlag("joint")
                    .with("modulate", "adaln_zero"),
            mlp("gelu").withFlag("joint").with("modulate", "adaln_zero"),
            NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            ModelDefinition layers = super.definition();
            var attention = attention(4, 4)
                    .with("mask", "none")
                    .with("bias", "qkv")
                    .withFlag("qk_norm")
                    .with("modulate", "adaln_zero");
            var both = List.of(
                    text("in"),
                    new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                    new SubLayer(
                            new MlpBlock(), mlp("gelu").with("modulate", "adaln_zero"), NormPlace.SHARED, true, true),
                    text("out"));
            var stacks = List.of(new Stack(1, layers.stacks().getFirst().subLayers()), new Stack(1, both));
            return stacked(layers, layers.width(), layers.context(), stacks)
                    .of(new Latent(4, 1, 2, 0, Latent.Predicts.FLOW, false)
                            .askedBy(new Latent.Text(4, 5, 6))
                            .told(new Latent.Told(0, 256, true)));
        }
    },
    /** Down to half the rows and columns and back, past which streams are kept; attention where the picture is small. */
    UNET(
            Positions.NONE,
            NormKind.LAYER,
            true,
            false,
            false,
            false,
            attention(4, 4).with("key_bias", "off").with("mask", "none"),
            mlp("gelu"),
            NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            ModelDefinition layers = super.definition();
            SubLayer attends = layers.stacks().getFirst().subLayers().getFirst();
            var taking = resnet(Settings.empty("resnet").withFlag("take").with("width", 8));
            var stacks = List.of(
                    new Stack(1, List.of(resample("half", 4), attends)),
                    new Stack(1, List.of(resample("double", 4), taking)));
            var pictures = new Latent(4, 1, 1, 3, Latent.Predicts.NOISE, false);
            return stacked(layers, 4, pictures.patches(), stacks)
                    .of(pictures.told(new Latent.Told(6, 4, false)).between(new Latent.Convolved(3, 4, true)));
        }

        @Override
        public Model training() {
            int places = definition().context();
            return ExpandModel.expand(definition(), ExpansionForm.Training.of(places, BATCH), ElementType.F64);
        }
    },
    /** Everything frozen but low-rank updates of some projections: the first layer passes no gradient on. */
    LORA_MOE(Positions.ROPE, NormKind.RMS, false, false, false, false, attention(4, 4), moe("swiglu"), NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var adapter = new LowRank(2, 3, List.of("attention.q", "attention.out", "moe"));
            return super.definition().with(name(), new Adaptation(List.of("*"), Optional.of(adapter)), Origin.NONE);
        }
    },
    /** Gates over two updates that stay as they are, of other ranks and of partly other projections. */
    MIXED_LORA(
            Positions.ROPE, NormKind.RMS, false, false, false, false, attention(8, 4), mlp("swiglu"), NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var one = new LowRank(2, 3, List.of("attention.q", "attention.out", "mlp"));
            var other = new LowRank(1, 1, List.of("attention", "mlp.in", "mlp.out"));
            var mixture = new Adaptation.Mixture(List.of(one, other), 0.5);
            return super.definition()
                    .with(name(), new Adaptation(List.of("*"), Optional.empty(), Optional.of(mixture)), Origin.NONE);
        }
    },
    /** Two chunks of a sequence, two groups of heads, biases everywhere, and no mlp. */
    MAMBA2(
            NormKind.RMS,
            NormWeights.ALL,
            Multipliers.NONE,
            new SubLayer(
                    new SsmBlock(),
                    Settings.empty("ssm")
                            .with("state", 3)
                            .with("inner", 16)
                            .with("head_dim", 2)
                            .with("groups", 2)
                            .with("conv", 3)
                            .with("chunk", 2)
                            .with("bias", "all"),
                    NormPlace.PRE,
                    true,
                    false)),
    /** Chunks of a sequence whose states forget and are overwritten; two heads of values share each of keys. */
    DELTA(
            0.1,
            new SubLayer(
                    new DeltaBlock(),
                    Settings.empty("delta")
                            .with("heads", 4)
                            .with("value_heads", 8)
                            .with("head_dim", 2)
                            .with("value_dim", 3)
                            .with("conv", 2)
                            .with("chunk", 2),
                    NormPlace.PRE,
                    true,
                    false),
            new SubLayer(
                    new DeltaBlock(),
                    Settings.empty("delta").with("heads", 4).with("head_dim", 2).with("chunk", 4),
                    NormPlace.PRE,
                    true,
                    false)),
    /** One number a channel, gated in blocks of channels, before a gated convolution (Griffin, LFM2). */
    LRU(
            NormKind.RMS,
            NormWeights.ALL,
            Multipliers.NONE,
            new SubLayer(
                    new LruBlock(),
                    Settings.empty("lru")
                            .with("heads", 4)
                            .with("inner", 12)
                            .with("conv", 2)
                            .with("bias", "all"),
                    NormPlace.PRE,
                    true,
                    false),
            new SubLayer(new ConvBlock(), Settings.empty("conv").with("inner", 12), NormPlace.PRE, true, false)),
    /** A state for each channel, with Jamba's norms, before attention that knows no positions otherwise. */
    JAMBA(
            NormKind.RMS,
            NormWeights.ALL,
            Multipliers.NONE,
            new SubLayer(
                    new SsmBlock(),
                    Settings.empty("ssm")
                            .with("kind", "mamba1")
                            .with("state", 3)
                            .with("inner", 8)
                            .with("step_rank", 2)
                            .withFlag("norms"),
                    NormPlace.PRE,
                    true,
                    false),
            new SubLayer(new AttentionBlock(), attention(4, 4), NormPlace.PRE, true, false)),
    /** An encoder of padded sentences: kinds of token, a narrow table, norms behind the sums, a transformed and tied output. */
    BERT(
            Positions.LEARNED,
            NormKind.LAYER,
            true,
            true,
            true,
            true,
            attention(4, 4).with("mask", "padding"),
            mlp("gelu_erf"),
            NormPlace.POST) {
        @Override
        public ModelDefinition definition() {
            return super.definition()
                    .between(new Ends(
                            2,
                            6,
                            false,
                            Optional.empty(),
                            new Head.Tokens(Optional.of(Head.Dense.TRANSFORM), Optional.empty()),
                            Optional.empty()));
        }
    },
    /** Two tokens behind the next are predicted too, by layers like the last, of the one table that all share. */
    FURTHER(Positions.ROPE, NormKind.RMS, false, true, false, false, attention(8, 4), mlp("swiglu"), NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var head = new Head.Tokens(Optional.empty(), Optional.of(new Head.Further(2, 0.6)));
            return super.definition().between(Ends.TEXT.with(head));
        }
    },
    /** Patches of a picture behind a class token and registers, scaled sub-layers, a class from the first row. */
    VIT(
            Positions.LEARNED,
            NormKind.LAYER,
            true,
            false,
            false,
            true,
            attention(4, 4).with("mask", "none").withFlag("layer_scale"),
            mlp("gelu_erf").withFlag("layer_scale"),
            NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            return vision(
                    super.definition(), new Head.Classes(VOCAB, Head.Pool.BOTH, Optional.of(Head.Dense.POOLER), true));
        }
    },
    /** An encoder-decoder with a table of distances that all layers share, one table of tokens, and no scale. */
    T5(Positions.NONE, NormKind.RMS, false, true, false, false, relative(), mlp("geglu"), NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var encoder =
                    new SubLayer(new AttentionBlock(), relative().with("mask", "none"), NormPlace.PRE, true, false);
            return crossing(super.definition(), encoder, SEQUENCE, Ends.TEXT, true);
        }
    },
    /** Sound through two convolutions, and a decoder that reads it; keys have no bias. */
    WHISPER(
            Positions.LEARNED,
            NormKind.LAYER,
            true,
            true,
            false,
            false,
            attention(4, 4).with("key_bias", "off"),
            mlp("gelu_erf"),
            NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var encoder = new SubLayer(
                    new AttentionBlock(), attention(4, 4).with("mask", "none"), NormPlace.PRE, true, false);
            var hears = new Ends(
                    0, 0, false, Optional.of(new Signal.Sound(2 * SEQUENCE, 3)), new Head.Features(), Optional.empty());
            return crossing(super.definition(), encoder, SEQUENCE, hears, false);
        }
    },
    /** A frozen encoder of pictures of another width, whose last layer is not read, a projector of all that there is, and a frozen decoder. */
    LLAVA(Positions.ROPE, NormKind.RMS, false, false, false, false, attention(8, 4), mlp("swiglu"), NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var sees = new SubLayer(
                    new AttentionBlock(), attention(4, 4).with("mask", "none"), NormPlace.PRE, true, false);
            ModelDefinition encoder = vision(part(super.definition(), 12, ENCODED, sees), new Head.Features());
            var projector = new Source.Projector(
                    3,
                    "gelu",
                    4,
                    true,
                    new Source.Projector.Merge(2, 6),
                    Optional.of(new Source.Projector.Norm(NormKind.LAYER, true)),
                    1,
                    false);
            var source = new Source(frozen(encoder), Optional.of(projector), true, false, 1);
            return frozen(super.definition()).between(Ends.TEXT.reading(source));
        }
    },
    /** A picture that a learned row reads, and how well the last row of a text, projected, fits it. */
    PAIR(
            Positions.LEARNED,
            NormKind.LAYER,
            true,
            true,
            false,
            false,
            attention(4, 4).with("mask", "none"),
            mlp("gelu"),
            NormPlace.PRE) {
        @Override
        public ModelDefinition definition() {
            var probed = new Head.Probed(4, 4, "quick_gelu");
            var source = new Source(vision(super.definition(), probed), Optional.empty(), false, false, 0);
            var own = new Head.Projected(WIDTH, Head.Pool.LAST, true);
            return super.definition()
                    .between(Ends.TEXT.with(new Head.Paired(own, true)).reading(source));
        }
    };

    /** Rows of an encoder; four ranks share them. */
    static final int ENCODED = 8;

    static final int SEQUENCE = 4;
    static final int BATCH = 2;
    static final int VOCAB = 12;
    static final int WIDTH = 8;

    private final ModelDefinition definition;

    TinyModels(
            Positions positions,
            NormKind norm,
            boolean biases,
            boolean tied,
            boolean unembedBias,
            boolean embedNorm,
            Settings attention,
            Settings mlp,
            NormPlace place) {
        this(positions, norm, biases, tied, unembedBias, embedNorm, attention, mlp, place, false);
    }

    TinyModels(
            Positions positions,
            NormKind norm,
            boolean biases,
            boolean tied,
            boolean unembedBias,
            boolean embedNorm,
            Settings attention,
            Settings mlp,
            NormPlace place,
            boolean parallel) {
        var subLayers = List.of(
                new SubLayer(new AttentionBlock(), attention, place, true, false),
                new SubLayer(mlp.name().equals("moe") ? new MoeBlock() : new MlpBlock(), mlp, place, true, parallel));
        this.definition = new ModelDefinition(
                name(),
                VOCAB,
                WIDTH,
                SEQUENCE,
                positions,
                positions == Positions.LEARNED ? SEQUENCE + 1 : 0,
                norm,
                1e-5,
                biases,
                tied,
                unembedBias,
                embedNorm,
                true,
                List.of(new Stack(2, subLayers)),
                Origin.NONE);
    }

    TinyModels(NormKind norm, NormWeights weights, Multipliers multipliers, SubLayer... subLayers) {
        this(norm, weights, multipliers, 1e-5, subLayers);
    }

    /** A model whose norms turn less suddenly where a row is small. */
    TinyModels(double epsilon, SubLayer... subLayers) {
        this(NormKind.RMS, NormWeights.ALL, Multipliers.NONE, epsilon, subLayers);
    }

    TinyModels(NormKind norm, NormWeights weights, Multipliers multipliers, double epsilon, SubLayer... subLayers) {
        this.definition = new ModelDefinition(
                name(),
                VOCAB,
                WIDTH,
                SEQUENCE,
                Positions.ROPE,
                0,
                norm,
                epsilon,
                weights,
                false,
                false,
                false,
                false,
                true,
                multipliers,
                List.of(new Stack(2, List.of(subLayers))),
                Optional.empty(),
                Ends.TEXT,
                Adaptation.NONE,
                Origin.NONE);
    }

    private static Settings relative() {
        return attention(4, 4)
                .with("scale", 1)
                .with(
                        "relative",
                        new Setting.Group(Settings.empty("relative")
                                .with("buckets", 6)
                                .with("distance", 5)
                                .withFlag("shared")));
    }

    /** Four patches behind a class token and three registers. */
    private static ModelDefinition vision(ModelDefinition layers, Head head) {
        var picture = new Signal.Picture(4, 1, 2, 1, 3, false, true);
        return part(
                        layers,
                        2,
                        layers.width(),
                        ENCODED,
                        layers.stacks().getFirst().subLayers())
                .between(new Ends(0, 0, false, Optional.of(picture), head, Optional.empty()));
    }

    /** The model with sub-layers that read an encoder of the same width. */
    private static ModelDefinition crossing(
            ModelDefinition decoder, SubLayer attention, int rows, Ends ends, boolean shared) {
        var layer = decoder.stacks().getFirst().subLayers();
        var crosses = attention(4, 4).withFlag("cross").with("scale", 0.5);
        var crossing =
                new SubLayer(new AttentionBlock(), crosses, layer.getFirst().norm(), true, false);
        ModelDefinition encoder = part(decoder, 1, WIDTH, rows, List.of(attention, layer.getLast()))
                .between(ends);
        return part(decoder, 1, WIDTH, SEQUENCE, List.of(layer.getFirst(), crossing, layer.getLast()))
                .between(Ends.TEXT.reading(new Source(encoder, Optional.empty(), false, shared, 0)));
    }

    private static ModelDefinition part(ModelDefinition model, int width, int rows, SubLayer attention) {
        return part(
                model,
                2,
                width,
                rows,
                List.of(attention, model.stacks().getFirst().subLayers().getLast()));
    }

    private static ModelDefinition part(ModelDefinition model, int layers, int width, int rows, List<SubLayer> layer) {
        return stacked(model, width, rows, List.of(new Stack(layers, layer)));
    }

    static ModelDefinition stacked(ModelDefinition model, int width, int rows, List<Stack> stacks) {
        return new ModelDefinition(
                model.name(),
                model.vocab(),
                width,
                rows,
                model.positions(),
                model.positionRows() > 0 ? rows : 0,
                model.norm(),
                model.epsilon(),
                model.biases(),
                model.tied(),
                model.unembedBias(),
                model.embedNorm(),
                model.finalNorm(),
                stacks,
                Origin.NONE);
    }

    private static ModelDefinition frozen(ModelDefinition model) {
        return model.with(model.name(), new Adaptation(List.of("*"), Optional.empty()), Origin.NONE);
    }

    private static SubLayer resnet(Settings settings) {
        return new SubLayer(new ResnetBlock(), settings.with("norm_groups", 4), NormPlace.NONE, false, false);
    }

    private static SubLayer text(String goes) {
        return new SubLayer(new TextBlock(), Settings.empty("text").with("goes", goes), NormPlace.PRE, true, false);
    }

    private static SubLayer resample(String to, int width) {
        var settings = Settings.empty("resample").with("to", to).with("width", width);
        return new SubLayer(new ResampleBlock(), settings, NormPlace.NONE, false, false);
    }

    private static Settings attention(int heads, int kvHeads) {
        return Settings.empty("attention")
                .with("heads", heads)
                .with("kv_heads", kvHeads)
                .with("head_dim", 4);
    }

    /** Latent attention has no KV heads to speak of. */
    private static Settings latent() {
        return Settings.empty("attention")
                .with("heads", 4)
                .with("head_dim", 4)
                .with("kv_latent", 6)
                .with("q_latent", 5)
                .with("rope_dim", 2)
                .with("value_dim", 3);
    }

    private static Settings moe(String activation) {
        return Settings.empty("moe")
                .with("experts", 4)
                .with("top", 2)
                .with("inner", 6)
                .with("activation", activation);
    }

    private static Settings mlp(String activation) {
        return Settings.empty("mlp").with("inner", 12).with("activation", activation);
    }

    public ModelDefinition definition() {
        return definition;
    }

    public Model training() {
        return ExpandModel.expand(definition(), ExpansionForm.Training.of(SEQUENCE, BATCH), ElementType.F64);
    }

    /** The decode form for up to {@code tokens} fresh tokens a call. */
    public Model decoding(int tokens) {
        return ExpandModel.expand(definition(), ExpansionForm.Decoding.of(tokens, BATCH, SEQUENCE), ElementType.F64);
    }
}
