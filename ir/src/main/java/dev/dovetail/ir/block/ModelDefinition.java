package dev.dovetail.ir.block;

import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/**
 * A language model as a spec says it: sizes, conventions and stacks of sub-layers, not yet expanded into operators.
 *
 * <p>It is one record because every block and end may ask for any of it; what is long are its variants, one method for each entry.
 *
 * @param vocab entries of the token table
 * @param context longest sequence, in tokens
 * @param positionRows rows of the learned position table; 0 unless positions are learned
 * @param normWeights what the norms learn
 * @param biases whether projections have biases where a sub-layer does not say
 * @param tied whether the output projection is the token table
 * @param embedNorm whether the embedding is normalised before the first layer (BLOOM)
 * @param multipliers fixed factors between the parts
 * @param latent the pictures of a diffusion model; empty for tokens
 * @param ends what it reads beside tokens, and what it makes of its last layer's stream
 * @param adaptation what of it trains
 * @param origin where the spec declares it
 */
public record ModelDefinition(
        String name,
        int vocab,
        int width,
        int context,
        Positions positions,
        int positionRows,
        NormKind norm,
        double epsilon,
        NormWeights normWeights,
        boolean biases,
        boolean tied,
        boolean unembedBias,
        boolean embedNorm,
        boolean finalNorm,
        Multipliers multipliers,
        List<Stack> stacks,
        Optional<Latent> latent,
        Ends ends,
        Adaptation adaptation,
        Origin origin) {

    /** A model that trains whole, whose norms learn what is usual, and without multipliers. */
    public ModelDefinition(
            String name,
            int vocab,
            int width,
            int context,
            Positions positions,
            int positionRows,
            NormKind norm,
            double epsilon,
            boolean biases,
            boolean tied,
            boolean unembedBias,
            boolean embedNorm,
            boolean finalNorm,
            List<Stack> stacks,
            Origin origin) {
        this(
                name,
                vocab,
                width,
                context,
                positions,
                positionRows,
                norm,
                epsilon,
                NormWeights.ALL,
                biases,
                tied,
                unembedBias,
                embedNorm,
                finalNorm,
                Multipliers.NONE,
                stacks,
                Optional.empty(),
                Ends.TEXT,
                Adaptation.NONE,
                origin);
    }

    /** What a norm learns. */
    public enum NormWeights {
        /** A scale and, for layer norm, a shift. */
        ALL,
        /** No shift (Cohere, MPT). */
        SCALE,
        /** Nothing (OLMo). */
        NONE
    }

    /**
     * Fixed factors between the parts of a model, 1 where it has none (maximal update parametrisation and its relatives).
     *
     * @param embed on the embedded tokens (Gemma, Granite)
     * @param residual on what a sub-layer adds to the stream (Granite)
     * @param logits on the logits (Cohere, Granite)
     * @param logitCap c where logits become c · tanh(logits / c) (Gemma 2); 0 for none
     */
    public record Multipliers(double embed, double residual, double logits, double logitCap) {
        public static final Multipliers NONE = new Multipliers(1, 1, 1, 0);
    }

    /** How a token's position enters the model. */
    public enum Positions {
        ROPE,
        LEARNED,
        /** A fixed table of sines and cosines. */
        SINUSOIDAL,
        /** The same, made anew where it is read: published files do not have it, and it counts for nothing. */
        WAVES,
        ALIBI,
        NONE
    }

    /** {@code repeat count { subLayers }}. */
    public record Stack(int count, List<SubLayer> subLayers) {
        public Stack {
            subLayers = List.copyOf(subLayers);
            if (count < 1) {
                throw new IllegalArgumentException("a stack repeats at least once, got " + count);
            }
        }

        /** What its layers are, wherever a spec says it: equal for layers of one kind. */
        public List<SubLayer> kind() {
            return subLayers.stream().map(SubLayer::withoutOrigins).toList();
        }
    }

    /** Where a sub-layer's norm stands. */
    public enum NormPlace {
        /** Before the sub-layer. */
        PRE,
        /** Behind the sum with the stream (the first transformer, BERT). */
        POST,
        /** Behind the sub-layer, before the sum (OLMo 2). */
        OUT,
        /** Before and behind the sub-layer (Gemma 2). */
        BOTH,
        /** The sub-layer reads what the norm of the one before it gave (GPT-J, Falcon). */
        SHARED,
        NONE
    }

    /**
     * One sub-layer of a stack.
     *
     * @param parallel reads the same stream value as the sub-layer before it (GPT-NeoX, GPT-J)
     */
    public record SubLayer(Block block, Settings settings, NormPlace norm, boolean residual, boolean parallel) {
        /** Entries about what is added to the stream. */
        private static final List<String> ADDING =
                List.of("norm", "residual", "parallel", "modulate", "joint", "layer_scale");

        /** The entry that says that none of the sub-layer's parameters trains. */
        public static final String FROZEN = "frozen";

        /** The entry that says how a norm is told by what pictures are conditioned on. */
        public static final String MODULATE = "modulate";

        /** The entry that says that what the sub-layer adds is multiplied by a learned factor for each element. */
        public static final String LAYER_SCALE = "layer_scale";

        public boolean isScaled() {
            return settings.has(LAYER_SCALE);
        }

        /** The entry that says that the text beside a picture goes through too. */
        public static final String JOINT = "joint";

        public boolean isJoint() {
            return settings.has(JOINT);
        }

        /** The entry that says that the stream behind the sub-layer is kept for one that takes it. */
        public static final String KEEP = "keep";

        /** The entry that says that the sub-layer reads what was kept last beside the stream. */
        public static final String TAKE = "take";

        public boolean keeps() {
            return settings.has(KEEP);
        }

        public boolean takes() {
            return settings.has(TAKE);
        }

        /** Throws {@link BlockException} where the sub-layer cannot be in the model. */
        public void validate(ModelDefinition model) {
            if (takes() && !block.givesStream()) {
                throw new BlockException(
                        settings.originOf(TAKE),
                        "what is taken widens the stream, and `"
                                + block.schema().name() + "` only adds to it",
                        "take it in a sub-layer that gives a stream of its own, such as `resnet`");
            }
            for (String entry : block.givesStream() ? ADDING : List.<String>of()) {
                if (settings.has(entry)) {
                    throw new BlockException(
                            settings.originOf(entry),
                            "`" + block.schema().name() + "` gives a stream of its own, which `" + entry
                                    + "` says nothing of",
                            "leave `" + entry + "` out");
                }
            }
            if (isModulated() && model.latent().isEmpty()) {
                throw new BlockException(
                        settings.originOf(MODULATE),
                        "`modulate` needs pictures that noise is taken off",
                        "say `input latent { … }` and `condition [ … ]` in the model, or leave `modulate` out");
            }
            if (isJoint() && model.latent().flatMap(Latent::text).isEmpty()) {
                throw new BlockException(
                        settings.originOf(JOINT),
                        "`joint` needs text beside the picture",
                        "say it in `condition`, such as `text 333 of 4096`, or leave `joint` out");
            }
            if (isJoint() && model.context() != model.latent().orElseThrow().patches()) {
                throw new BlockException(
                        settings.originOf(JOINT),
                        "the text is in the stream here, not beside it",
                        "leave `joint` out, or say `text { goes out }` before it");
            }
            if (isJoint() && !isModulated()) {
                throw new BlockException(
                        settings.originOf(JOINT),
                        "a `joint` sub-layer has norms that are told what pictures are conditioned on",
                        "say `modulate adaln_zero` beside it");
            }
            block.validate(model, settings);
        }

        /** Whether nothing reads the text behind the sub-layer. */
        public boolean endsText() {
            return settings.word(JOINT).orElse("").equals("last");
        }

        public boolean isModulated() {
            return settings.has(MODULATE);
        }

        public boolean frozen() {
            return settings.has(FROZEN);
        }

        SubLayer withoutOrigins() {
            return new SubLayer(block, settings.withoutOrigins(), norm, residual, parallel);
        }
    }

    public ModelDefinition {
        stacks = List.copyOf(stacks);
    }

    /** The same layers on pictures. */
    public ModelDefinition of(Latent pictures) {
        return new ModelDefinition(
                name,
                vocab,
                width,
                context,
                positions,
                positionRows,
                norm,
                epsilon,
                normWeights,
                biases,
                tied,
                unembedBias,
                embedNorm,
                finalNorm,
                multipliers,
                stacks,
                Optional.of(pictures),
                ends,
                adaptation,
                origin);
    }

    /** The same model for sequences of another length. */
    public ModelDefinition ofLength(int rows) {
        return new ModelDefinition(
                name,
                vocab,
                width,
                rows,
                positions,
                positionRows > 0 ? rows : 0,
                norm,
                epsilon,
                normWeights,
                biases,
                tied,
                unembedBias,
                embedNorm,
                finalNorm,
                multipliers,
                stacks,
                latent,
                ends,
                adaptation,
                origin);
    }

    /** The model as a layer sees it whose stream has another width, or another number of rows. */
    public ModelDefinition streaming(int columns, int rows) {
        return new ModelDefinition(
                name,
                vocab,
                columns,
                rows,
                positions,
                positionRows,
                norm,
                epsilon,
                normWeights,
                biases,
                tied,
                unembedBias,
                embedNorm,
                finalNorm,
                multipliers,
                stacks,
                latent,
                ends,
                adaptation,
                origin);
    }

    /** The same layers between other ends. */
    public ModelDefinition between(Ends other) {
        return new ModelDefinition(
                name,
                vocab,
                width,
                context,
                positions,
                positionRows,
                norm,
                epsilon,
                normWeights,
                biases,
                tied,
                unembedBias,
                embedNorm,
                finalNorm,
                multipliers,
                stacks,
                latent,
                other,
                adaptation,
                origin);
    }

    /** The same model where other parts of it train. */
    public ModelDefinition with(String otherName, Adaptation other, Origin otherOrigin) {
        return new ModelDefinition(
                otherName,
                vocab,
                width,
                context,
                positions,
                positionRows,
                norm,
                epsilon,
                normWeights,
                biases,
                tied,
                unembedBias,
                embedNorm,
                finalNorm,
                multipliers,
                stacks,
                latent,
                ends,
                other,
                otherOrigin);
    }

    /** One stack of each kind of layer, in the order in which they first stand. */
    public List<Stack> kinds() {
        var kinds = new LinkedHashMap<List<SubLayer>, Stack>();
        stacks.forEach(stack -> kinds.putIfAbsent(stack.kind(), stack));
        return List.copyOf(kinds.values());
    }

    /** The stack that layer {@code index}, counted from 0 at the first after the embedding, belongs to. */
    public Stack stackOf(int index) {
        int first = 0;
        for (Stack stack : stacks) {
            first += stack.count();
            if (index < first) {
                return stack;
            }
        }
        throw new IllegalArgumentException("no layer " + index + " of " + first);
    }

    /** Whether another layer reads the token table too: a tied head, the model that it reads, or one that predicts further. */
    public boolean sharesTable() {
        return tied || sharesSourcesTable() || ends.head().further().isPresent();
    }

    /** Whether the model that it reads has the same token table. */
    public boolean sharesSourcesTable() {
        return ends.source().map(Source::shared).orElse(false);
    }

    /** Whether it goes on token by token: it scores tokens, and no token sees a later one. */
    public boolean continues() {
        boolean isText = latent.isEmpty() && ends.signal().isEmpty() && ends.head() instanceof Head.Tokens;
        return isText
                && stacks.stream()
                        .flatMap(stack -> stack.subLayers().stream())
                        .map(SubLayer::settings)
                        .allMatch(settings -> settings.has("cross")
                                || settings.word("mask").orElse("causal").equals("causal"));
    }

    /** Layers of all stacks together. */
    public int layers() {
        return stacks.stream().mapToInt(Stack::count).sum();
    }
}
