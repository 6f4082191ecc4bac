package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Multipliers;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.NormWeights;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A model as most systems know it: equal layers of pre-norm attention and a feed-forward part.
 *
 * @param inner width of the feed-forward part
 * @param inputBias whether queries, keys and values have biases
 * @param bias whether all other projections have
 * @param rope present where positions are rotary
 * @param mixture present where the feed-forward part is a mixture of experts, whose width {@code inner} is then
 */
record UniformDecoder(
        int layers,
        int width,
        int heads,
        int kvHeads,
        int headDim,
        int inner,
        Activation activation,
        boolean inputBias,
        boolean bias,
        boolean queryKeyNorm,
        Positions positions,
        Optional<Rope> rope,
        NormKind norm,
        double epsilon,
        int vocab,
        int context,
        boolean tied,
        Optional<Mixture> mixture) {

    enum Activation {
        GELU,
        GELU_ERF,
        QUICK_GELU,
        RELU,
        SILU,
        SWIGLU,
        GEGLU,
        GEGLU_ERF,
        CLAMPED_SWIGLU;

        boolean isGated() {
            return switch (this) {
                case SWIGLU, GEGLU, GEGLU_ERF, CLAMPED_SWIGLU -> true;
                case GELU, GELU_ERF, QUICK_GELU, RELU, SILU -> false;
            };
        }

        String spelling() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param stretch present where low frequencies are divided, as in Llama 3.1 */
    record Rope(double theta, double fraction, Optional<Stretch> stretch) {}

    record Stretch(double factor, double low, double high, long originalContext) {
        /** What systems mean that ask for the factor alone. */
        boolean isLlama31() {
            return low == 1 && high == 4 && originalContext == 8192;
        }
    }

    private static final Set<String> ATTENTION =
            Set.of("heads", "kv_heads", "head_dim", "mask", "bias", "qk_norm", "rope");
    private static final Set<String> MLP = Set.of("inner", "activation", "bias");
    private static final Set<String> MOE = Set.of(
            "inner",
            "activation",
            "bias",
            "experts",
            "top",
            "shared",
            "scoring",
            "gates",
            "scale",
            "groups",
            "choice_bias",
            "balance_loss",
            "capacity");

    /** @throws NotExpressible when the model is another kind */
    static UniformDecoder of(String target, ModelDefinition model) {
        UniformDecoder decoder = withExperts(target, model);
        require(target, "moe", decoder.mixture().isEmpty(), "what is written for it has an mlp in each layer");
        return decoder;
    }

    /** The feed-forward part may be a mixture of experts. */
    static UniformDecoder withExperts(String target, ModelDefinition model) {
        if (model.ends().source().isPresent()) {
            throw new NotExpressible(target, "model " + model.name(), "it reads another model");
        }
        if (model.kinds().size() != 1) {
            throw new NotExpressible(target, "model " + model.name(), "its layers are of several kinds");
        }
        List<SubLayer> layer = model.stacks().getFirst().subLayers();
        if (layer.size() != 2
                || !(layer.get(0).block() instanceof AttentionBlock)
                || !(layer.get(1).block() instanceof MlpBlock || layer.get(1).block() instanceof MoeBlock)) {
            throw new NotExpressible(
                    target, "model " + model.name(), "its layers are not one attention and one mlp or moe each");
        }
        require(target, "parallel", layer.stream().noneMatch(SubLayer::parallel), "sub-layers follow each other there");
        require(
                target,
                "residual none",
                layer.stream().allMatch(SubLayer::residual),
                "every sub-layer there adds to the residual stream");
        require(
                target,
                "norm post",
                layer.stream().allMatch(sub -> sub.norm() == NormPlace.PRE),
                "norms stand before sub-layers there");
        require(target, "freeze", model.adaptation().equals(Adaptation.NONE), "all of the model trains there");
        require(
                target,
                "mtp",
                model.ends().head().further().isEmpty(),
                "what is written for it predicts the next token alone");
        require(target, "embed_norm", !model.embedNorm(), "it has no norm behind the embedding");
        require(target, "unembed bias", !model.unembedBias(), "its output projection has no bias");
        require(target, "final_norm none", model.finalNorm(), "a norm stands before its output projection");
        require(target, "norm weights", model.normWeights() == NormWeights.ALL, "its norms learn what is usual");
        require(target, "multipliers", model.multipliers().equals(Multipliers.NONE), "it has no such factors");
        return of(target, model, layer.get(0).settings(), layer.get(1).settings());
    }

    private static UniformDecoder of(String target, ModelDefinition model, Settings attention, Settings mlp) {
        requireKnown(target, attention, ATTENTION);
        boolean sparse = mlp.name().equals("moe");
        requireKnown(target, mlp, sparse ? MOE : MLP);
        require(target, "mask none", attention.word("mask").orElse("causal").equals("causal"), "its decoder is causal");
        long heads = attention.count("heads").orElseThrow();
        String attentionBias = attention.word("bias").orElse(model.biases() ? "all" : "none");
        String mlpBias = mlp.word("bias").orElse(model.biases() && !sparse ? "all" : "none");
        require(
                target,
                "bias " + attentionBias,
                attentionBias.equals("all") == mlpBias.equals("all"),
                "output projections of attention and mlp have biases both or not at all");
        return new UniformDecoder(
                model.layers(),
                model.width(),
                (int) heads,
                attention.count("kv_heads").orElse(heads).intValue(),
                attention.count("head_dim").orElse(model.width() / heads).intValue(),
                mlp.count("inner").orElseThrow().intValue(),
                activation(target, mlp.word("activation").orElse("gelu")),
                !attentionBias.equals("none"),
                attentionBias.equals("all"),
                hasHeadNorm(target, attention),
                model.positions(),
                model.positions() == Positions.ROPE ? Optional.of(rope(target, attention)) : Optional.empty(),
                model.norm(),
                model.epsilon(),
                model.vocab(),
                model.context(),
                model.tied(),
                sparse ? Optional.of(Mixture.of(target, mlp)) : Optional.empty());
    }

    private static Activation activation(String target, String word) {
        return Arrays.stream(Activation.values())
                .filter(known -> known.spelling().equals(word))
                .findFirst()
                .orElseThrow(() -> new NotExpressible(target, "activation " + word, "it has no such function"));
    }

    private static boolean hasHeadNorm(String target, Settings attention) {
        require(target, "qk_norm", attention.word("qk_norm").orElse("head").equals("head"), "it has one for each head");
        return attention.has("qk_norm");
    }

    private static Rope rope(String target, Settings attention) {
        Settings rope = attention.group("rope").orElse(Settings.empty("rope"));
        String scaling = rope.word("scaling").orElse("llama3");
        require(target, "rope { scaling " + scaling + " }", scaling.equals("llama3"), "it scales as Llama 3.1 does");
        require(target, "rope { magnitude }", !rope.has("magnitude"), "it turns without scaling");
        return new Rope(
                rope.real("theta").orElse(10_000.0),
                rope.real("fraction").orElse(1.0),
                rope.real("factor")
                        .map(factor -> new Stretch(
                                factor,
                                rope.real("low_frequency_factor").orElse(1.0),
                                rope.real("high_frequency_factor").orElse(4.0),
                                rope.count("original_context").orElse(8192L))));
    }

    private static void requireKnown(String target, Settings settings, Set<String> known) {
        settings.values().keySet().stream()
                .filter(entry -> !known.contains(entry))
                .findFirst()
                .ifPresent(entry -> {
                    throw new NotExpressible(
                            target, settings.name() + " { " + entry + " }", "it has no setting for that entry");
                });
    }

    private static void require(String target, String said, boolean holds, String why) {
        if (!holds) {
            throw new NotExpressible(target, said, why);
        }
    }

    boolean isGrouped() {
        return kvHeads != heads;
    }
}
