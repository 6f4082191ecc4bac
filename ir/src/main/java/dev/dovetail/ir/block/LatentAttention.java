package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434): keys and values of all heads come from one narrow latent, and
 * positions enter through a few rotary elements of their own, in keys shared by all heads. Here they stand first in a head.
 *
 * <p>Training projects the latent up to keys and values. Decoding caches only the latent and the shared rotary key: the up
 * projections move to the query and to the output ({@code q · (W c) = (Wᵀ q) · c}), and one key serves all heads.
 */
final class LatentAttention {
    private final BlockContext context;
    private final Settings settings;
    private final Dim heads;
    private final Dim content;
    private final Dim rope;
    private final Dim value;
    private final Dim latent;

    private LatentAttention(BlockContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
        this.heads = Dim.of(Names.HEADS, settings.count("heads").orElseThrow());
        this.content = headDim(contentDim(context.model(), settings));
        this.rope = headDim(settings.count("rope_dim").orElseThrow());
        this.value = headDim(settings.count("value_dim").orElse(content.bound()));
        this.latent = Dim.of(Names.KV_LATENT, settings.count("kv_latent").orElseThrow());
    }

    private static long contentDim(ModelDefinition model, Settings settings) {
        return settings.count("head_dim")
                .orElse(model.width() / settings.count("heads").orElseThrow());
    }

    private static Dim headDim(long length) {
        return Dim.of(Names.HEAD_DIM, length);
    }

    static void validate(ModelDefinition model, Settings settings) {
        for (String entry : List.of("q_latent", "rope_dim", "value_dim")) {
            if (settings.has(entry) && !settings.has("kv_latent")) {
                throw new BlockException(
                        settings.originOf(entry), "`" + entry + "` belongs to latent attention", "say `kv_latent 512`");
            }
        }
        if (!settings.has("kv_latent")) {
            return;
        }
        for (String entry : List.of("kv_heads", "qk_norm", "sinks", "gate", "bias", "window")) {
            if (settings.has(entry)) {
                throw new BlockException(
                        settings.originOf(entry),
                        "`" + entry + "` in latent attention is not supported yet",
                        "leave it out");
            }
        }
        for (String path : List.of("attention.k", "attention.v")) {
            if (model.adaptation().adapts(path).isPresent()) {
                throw new BlockException(
                        settings.origin(),
                        "`lora` on `" + path + "` of latent attention, which decoding absorbs, is not supported yet",
                        "say `on [attention.q, attention.out, mlp.*]`");
            }
        }
        boolean rotary = model.positions() == ModelDefinition.Positions.ROPE;
        long rope = settings.count("rope_dim").orElse(0L);
        if (!rotary || rope < 2 || rope % 2 != 0) {
            throw new BlockException(
                    settings.originOf(settings.has("rope_dim") ? "rope_dim" : "kv_latent"),
                    "latent attention needs rotary positions in an even number of elements",
                    "say `rope_dim 64`");
        }
    }

    static Value expand(BlockContext context, Settings settings, Value x) {
        return new LatentAttention(context, settings).expand(x);
    }

    private Value expand(Value x) {
        var width = List.of(context.width());
        Value q = rotated("q", query(x));
        Value down = context.project("kv_down", x, width, List.of(latent), false, context.weight());
        Value c = context.normalize("kv_norm", down, latent, NormKind.RMS);
        Value shared =
                rotated("rope_key", context.project("rope_key", x, width, List.of(rope), false, context.weight()));
        Value o = switch (context.form()) {
            case ExpansionForm.Training t -> attendWhole(q, c, shared);
            case ExpansionForm.Decoding d -> attendAbsorbed(d, q, c, shared);
        };
        return context.project("out", o, List.of(heads, value), width, false, context.residualOutput());
    }

    private Value query(Value x) {
        var width = List.of(context.width());
        var to = List.of(heads, headDim(rope.bound() + content.bound()));
        var narrow = settings.count("q_latent").map(length -> Dim.of(Names.Q_LATENT, length));
        if (narrow.isEmpty()) {
            return context.project("q", x, width, to, false, context.weight());
        }
        Value down = context.project("q_down", x, width, List.of(narrow.get()), false, context.weight());
        Value normed = context.normalize("q_norm", down, narrow.get(), NormKind.RMS);
        return context.project("q", normed, List.of(narrow.get()), to, false, context.weight());
    }

    private Value rotated(String name, Value x) {
        var embedding =
                AttentionBlock.rotary(context.model(), settings, rope.bound()).orElseThrow();
        return context.builder().one(name + "_rotated", new Rotate(embedding, false), x, context.positions());
    }

    private AttentionPattern pattern() {
        double scale = 1 / Math.sqrt(rope.bound() + content.bound());
        return AttentionBlock.pattern(context.model(), settings, heads, scale);
    }

    private Value attendWhole(Value q, Value c, Value shared) {
        Value contents = context.project("k", c, List.of(latent), List.of(heads, content), false, context.weight());
        Value k = context.builder().one("joined_k", new Join(Names.HEAD_DIM), shared, contents);
        Value v = context.project("v", c, List.of(latent), List.of(heads, value), false, context.weight());
        return context.builder().one("attended", new Attend(pattern()), q, k, v);
    }

    private Value attendAbsorbed(ExpansionForm.Decoding form, Value q, Value c, Value shared) {
        var builder = context.builder();
        Value up = context.parameter("k", List.of(latent, heads, content), context.weight());
        Value rotary = builder.one("q_rotary", new Part(rope, 0), q);
        Value contents = builder.one("q_content", new Part(content, rope.bound()), q);
        var latentQuery = List.of(Names.SEQUENCE, Names.BATCH, Names.HEADS, Names.KV_LATENT);
        Value absorbed = builder.one("q_absorbed", new MatMul(latentQuery), contents, up);
        Value wide = builder.one("joined_q", new Join(Names.HEAD_DIM), rotary, absorbed);
        Value fresh = builder.one("fresh", new Join(Names.HEAD_DIM), shared, c);
        Value cache = AttentionBlock.cached(context, form, "latent", fresh);
        Value values = builder.one("latents", new Part(headDim(latent.bound()), rope.bound()), cache);
        AttentionPattern decoding = pattern().decodingFrom(Names.PAST, ExpansionForm.START);
        Value weighed = builder.one("weighed", new Attend(decoding), wide, cache, values);
        Value mixed = builder.one("mixed", new Part(latent, 0), weighed);
        Value out = context.parameter("v", List.of(latent, heads, value), context.weight());
        var result = List.of(Names.SEQUENCE, Names.BATCH, Names.HEADS, Names.HEAD_DIM);
        return builder.one("attended", new MatMul(result), mixed, out);
    }
}
