package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.RotaryEmbedding;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762) with grouped KV heads (Ainslie et al. 2023,
 * arXiv:2305.13245), rotary, learned or ALiBi positions, a sliding window and per-head query-key norm where asked.
 */
public final class AttentionBlock implements Block {

    private static final Schema ROPE = Schema.of(
            "rope",
            EntrySchema.real("theta", "base of the rotary frequencies; 10000 unless said"),
            EntrySchema.real("fraction", "leading part of each head that turns; 1 unless said"),
            EntrySchema.real("factor", "divides the low frequencies beyond the original context (Llama 3.1)"),
            EntrySchema.real("low_frequency_factor", "where full scaling begins; 1 unless said"),
            EntrySchema.real("high_frequency_factor", "where scaling ends; 4 unless said"),
            EntrySchema.count("original_context", "context the frequencies were trained for; 8192 unless said"));

    private static final Schema SCHEMA = Schema.of(
            "attention",
            EntrySchema.count("heads", "query heads").mandatory(),
            EntrySchema.count("kv_heads", "key and value heads; as many as heads unless said"),
            EntrySchema.count("head_dim", "elements of one head; width / heads unless said"),
            EntrySchema.choice("mask", "which keys a query sees; causal unless said", "causal", "none"),
            EntrySchema.count("window", "how many most recent keys a query sees"),
            EntrySchema.choice("bias", "which projections have a bias", "none", "qkv", "all"),
            EntrySchema.flag("qk_norm", "normalise queries and keys per head (Qwen3)"),
            EntrySchema.flag("sinks", "one learned score per head that takes weight from all keys (gpt-oss)"),
            EntrySchema.count("kv_latent", "latent attention: the width that keys and values are projected from"),
            EntrySchema.count(
                    "q_latent", "latent attention: the width that queries are projected from; none unless said"),
            EntrySchema.count("rope_dim", "latent attention: rotary elements of a head, in keys shared by all heads"),
            EntrySchema.count("value_dim", "latent attention: elements of a head's value; head_dim unless said"),
            EntrySchema.of("rope", "rotary positions of this layer", List.of()).with(ROPE));

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    /** The sizes settings resolve to. */
    private record Sizes(Dim heads, Dim kvHeads, Dim headDim, boolean inputBias, boolean outputBias) {}

    private static Sizes sizes(ModelDefinition model, Settings settings) {
        long heads = settings.count("heads").orElseThrow();
        long kvHeads = settings.count("kv_heads").orElse(heads);
        long headDim = settings.count("head_dim").orElse(model.width() / heads);
        String bias = settings.word("bias").orElse(model.biases() ? "all" : "none");
        return new Sizes(
                Dim.of(Names.HEADS, heads),
                Dim.of(Names.KV_HEADS, kvHeads),
                Dim.of(Names.HEAD_DIM, headDim),
                !bias.equals("none"),
                bias.equals("all"));
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        long heads = settings.count("heads").orElseThrow();
        long kvHeads = settings.count("kv_heads").orElse(heads);
        if (heads < 1 || kvHeads < 1) {
            throw new BlockException(settings.originOf("heads"), "attention needs at least one head", "say `heads 8`");
        }
        if (!settings.has("head_dim") && model.width() % heads != 0) {
            throw new BlockException(
                    settings.originOf("heads"),
                    heads + " heads do not divide width " + model.width(),
                    "choose heads that divide the width, or say `head_dim`");
        }
        if (heads % kvHeads != 0) {
            throw new BlockException(
                    settings.originOf("kv_heads"),
                    kvHeads + " KV heads do not divide " + heads + " query heads",
                    "each KV head serves the same number of query heads");
        }
        LatentAttention.validate(model, settings);
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        if (settings.has("kv_latent")) {
            return LatentAttention.expand(context, settings, x);
        }
        Sizes n = sizes(context.model(), settings);
        var in = List.of(context.width());
        Value q = context.project("q", x, in, List.of(n.heads(), n.headDim()), n.inputBias(), context.weight());
        Value k = context.project("k", x, in, List.of(n.kvHeads(), n.headDim()), n.inputBias(), context.weight());
        Value v = context.project("v", x, in, List.of(n.kvHeads(), n.headDim()), n.inputBias(), context.weight());
        if (settings.has("qk_norm")) {
            q = context.normalize("q_norm", q, n.headDim(), NormKind.RMS);
            k = context.normalize("k_norm", k, n.headDim(), NormKind.RMS);
        }
        var rotary = rotary(context.model(), settings, n.headDim().bound());
        if (rotary.isPresent()) {
            q = context.builder().one("q_rotated", new Rotate(rotary.get(), false), q, context.positions());
            k = context.builder().one("k_rotated", new Rotate(rotary.get(), false), k, context.positions());
        }
        Value o = attend(context, settings, n, q, k, v);
        return context.project("out", o, List.of(n.heads(), n.headDim()), in, n.outputBias(), context.residualOutput());
    }

    private static Value attend(BlockContext context, Settings settings, Sizes n, Value q, Value k, Value v) {
        var operands = new ArrayList<Value>();
        AttentionPattern pattern = pattern(
                context.model(), settings, n.heads(), 1 / Math.sqrt(n.headDim().bound()));
        switch (context.form()) {
            case ExpansionForm.Training t -> operands.addAll(List.of(q, k, v));
            case ExpansionForm.Decoding d -> {
                pattern = pattern.decodingFrom(Names.PAST, ExpansionForm.START);
                operands.addAll(List.of(q, cached(context, d, "k", k), cached(context, d, "v", v)));
            }
        }
        if (settings.has("sinks")) {
            operands.add(context.parameter("sinks", List.of(n.heads()), Initializer.ZEROS));
        }
        return context.builder()
                .apply("attended", new Attend(pattern), operands)
                .getFirst();
    }

    static AttentionPattern pattern(ModelDefinition model, Settings settings, Dim heads, double scale) {
        return new AttentionPattern(
                Names.SEQUENCE,
                Names.SEQUENCE,
                settings.word("mask").orElse("causal").equals("causal"),
                settings.count("window").orElse(0L).intValue(),
                scale,
                model.positions() == ModelDefinition.Positions.ALIBI ? (int) heads.bound() : 0,
                Optional.empty(),
                Optional.empty());
    }

    /** The cache of all positions so far, after these fresh ones are written. */
    static Value cached(BlockContext context, ExpansionForm.Decoding form, String name, Value fresh) {
        var dims = fresh.type().dims().stream()
                .map(dim -> dim.name().equals(Names.SEQUENCE) ? form.past() : dim)
                .toList();
        String cacheName = context.prefix() + "." + name + "_cache";
        Value cache = context.builder()
                .input(
                        Input.Source.CACHE,
                        cacheName,
                        new TensorType(fresh.type().element(), dims));
        return context.builder()
                .one(cacheName, new CacheWrite(Names.PAST, Names.SEQUENCE, ExpansionForm.START), cache, fresh);
    }

    /** Rotary positions of heads of {@code headDim} elements, where the model has them. */
    static Optional<RotaryEmbedding> rotary(ModelDefinition model, Settings settings, long headDim) {
        if (model.positions() != ModelDefinition.Positions.ROPE) {
            return Optional.empty();
        }
        Settings rope = settings.group("rope").orElse(Settings.empty("rope"));
        double fraction = rope.real("fraction").orElse(1.0);
        int rotated = 2 * (int) (headDim * fraction / 2);
        var stretch = rope.real("factor")
                .map(factor -> new RotaryEmbedding.Stretch(
                        factor,
                        rope.real("low_frequency_factor").orElse(1.0),
                        rope.real("high_frequency_factor").orElse(4.0),
                        rope.count("original_context").orElse(8192L).intValue()));
        return Optional.of(new RotaryEmbedding(rope.real("theta").orElse(10000.0), rotated, stretch));
    }
}
