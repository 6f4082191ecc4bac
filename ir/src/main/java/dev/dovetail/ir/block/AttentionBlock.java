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
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
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
            EntrySchema.choice(
                    "scaling",
                    "how frequencies change for longer contexts; llama3 unless said",
                    "llama3",
                    "linear",
                    "yarn",
                    "listed"),
            EntrySchema.real("factor", "what scaling divides frequencies by: the low ones, or all where it is linear"),
            EntrySchema.real(
                    "low_frequency_factor", "turns in the original context up to which scaling is full; 1 unless said"),
            EntrySchema.real(
                    "high_frequency_factor",
                    "turns in the original context from which there is none; 4 unless said, in yarn 32"),
            EntrySchema.count("original_context", "context the frequencies were trained for; 8192 unless said"),
            EntrySchema.flag("fractional", "in yarn: the blend begins and ends between pairs (gpt-oss)"),
            EntrySchema.of(
                    "divisors",
                    "listed scaling: what each pair's frequency is divided by (LongRoPE)",
                    List.of(new Slot.Numbers("value"))),
            EntrySchema.real("magnitude", "factor on the elements that turn; 1 unless said"));

    private static final Schema SCHEMA = Schema.of(
            "attention",
            EntrySchema.count("heads", "query heads").mandatory(),
            EntrySchema.count("kv_heads", "key and value heads; as many as heads unless said"),
            EntrySchema.count("head_dim", "elements of one head; width / heads unless said"),
            EntrySchema.choice(
                    "mask",
                    "which keys a query sees; causal unless said, none for encoders of text and pictures; padding is none,"
                            + " without keys whose token is negative",
                    "causal",
                    "none",
                    "padding"),
            EntrySchema.flag("cross", "keys and values are projected from what the model's source gave"),
            RelativeBias.ENTRY,
            EntrySchema.count("window", "how many most recent keys a query sees"),
            EntrySchema.choice("bias", "which projections have a bias", "none", "qkv", "out", "all"),
            EntrySchema.choice("key_bias", "off where keys have none beside others that do (Whisper)", "on", "off"),
            EntrySchema.real("scale", "factor on scores; 1 / sqrt(head_dim) unless said"),
            EntrySchema.real("cap", "c: scores become c · tanh(score / c) (Gemma 2)"),
            EntrySchema.flag("gate", "each element of a head's output times the sigmoid of a projection (Qwen3-Next)"),
            EntrySchema.of(
                    "qk_norm",
                    "normalise queries and keys: per head unless said (Qwen3), all heads as one row (OLMo 2), or each head"
                            + " centred and with a scale of its own (Cohere)",
                    List.of(),
                    List.of(new Slot.Choice("value", List.of("head", "whole", "each")))),
            EntrySchema.flag(
                    "inner_norm", "what all heads gave is normalised as one row, with a scale of its own (BitNet)"),
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
        // Composed attention has no groups of heads, so that keys can go by the name of the queries' heads.
        String kvName = settings.has("relative") && !settings.has("cross") ? Names.HEADS : Names.KV_HEADS;
        long headDim = settings.count("head_dim").orElse(model.width() / heads);
        String bias = settings.word("bias").orElse(model.biases() ? "all" : "none");
        return new Sizes(
                Dim.of(Names.HEADS, heads),
                Dim.of(kvName, kvHeads),
                Dim.of(Names.HEAD_DIM, headDim),
                bias.equals("qkv") || bias.equals("all"),
                bias.equals("out") || bias.equals("all"));
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
        if (settings.has("relative") && heads != kvHeads) {
            throw new BlockException(
                    settings.originOf("relative"),
                    "relative positions of heads that share keys are not supported yet",
                    "leave `kv_heads` out");
        }
        boolean crosses = settings.has("cross");
        boolean readsText = model.latent()
                .filter(latent ->
                        latent.convolved().isPresent() && latent.text().isPresent())
                .isPresent();
        if (crosses && model.ends().source().isEmpty() && !readsText) {
            throw new BlockException(
                    settings.originOf("cross"),
                    "`" + model.name() + "` has no encoder that `cross` could read",
                    "say `encoder NAME` in the model, or leave `cross` out");
        }
        validateRope(model, settings);
        LatentAttention.validate(model, settings);
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        if (settings.has("kv_latent")) {
            return LatentAttention.expand(context, settings, x);
        }
        Sizes n = sizes(context.model(), settings);
        var in = List.of(context.width());
        boolean crosses = settings.has("cross");
        Value read = crosses ? context.handed().get(BlockContext.MEMORY) : x;
        boolean keyBias =
                n.inputBias() && !settings.word("key_bias").orElse("on").equals("off");
        Value q = context.project("q", x, in, List.of(n.heads(), n.headDim()), n.inputBias(), context.weight());
        var readIn = List.of(read.type().dims().getLast());
        Value k = context.project("k", read, readIn, List.of(n.kvHeads(), n.headDim()), keyBias, context.weight());
        Value v =
                context.project("v", read, readIn, List.of(n.kvHeads(), n.headDim()), n.inputBias(), context.weight());
        if (settings.has("qk_norm")) {
            q = normalized(context, settings, "q_norm", q, n.heads(), n.headDim());
            k = normalized(context, settings, "k_norm", k, n.kvHeads(), n.headDim());
        }
        var rotary = rotary(context.model(), settings, n.headDim().bound());
        if (rotary.isPresent() && !crosses) {
            q = context.builder().one("q_rotated", new Rotate(rotary.get(), false), q, context.positions());
            k = context.builder().one("k_rotated", new Rotate(rotary.get(), false), k, context.positions());
        }
        Value o = crosses
                ? crossed(context, settings, n, q, k, v)
                : settings.has("relative")
                        ? ComposedAttention.expand(context, settings, n.heads(), q, k, v)
                        : attend(context, settings, n, q, k, v);
        if (settings.has("gate")) {
            Value gate =
                    context.project("gate", x, in, List.of(n.heads(), n.headDim()), n.inputBias(), context.weight());
            o = context.map("gated", Scalars.multiply(Scalars.arg(0), Scalars.sigmoid(Scalars.arg(1))), o, gate);
        }
        var heads = List.of(n.heads(), n.headDim());
        if (settings.has("inner_norm")) {
            o = ComposedNorm.scaled(context, "inner_norm", o, heads, heads);
        }
        return context.project("out", o, heads, in, n.outputBias(), context.residualOutput());
    }

    @Override
    public List<Value> expandJoint(List<BlockContext> contexts, Settings settings, List<Value> streams, boolean last) {
        Sizes n = sizes(contexts.getFirst().model(), settings);
        return new JointAttention(settings, n.heads(), n.headDim(), settings.has("qk_norm"), n.inputBias())
                .expand(contexts, streams, last);
    }

    private static Value normalized(
            BlockContext context, Settings settings, String name, Value x, Dim heads, Dim headDim) {
        return switch (settings.word("qk_norm").orElse("head")) {
            case "whole" -> ComposedNorm.scaled(context, name, x, List.of(heads, headDim), List.of(heads, headDim));
            case "each" -> {
                Value centred = ComposedNorm.centred(context, name, x, List.of(headDim));
                yield ComposedNorm.scaled(context, name, centred, List.of(headDim), List.of(heads, headDim));
            }
            default -> context.normalize(name, x, headDim, NormKind.RMS);
        };
    }

    /** Every query sees every row of the source. */
    private static Value crossed(BlockContext context, Settings settings, Sizes n, Value q, Value k, Value v) {
        double scale = settings.real("scale").orElse(1 / Math.sqrt(n.headDim().bound()));
        var pattern = new AttentionPattern(
                Names.SEQUENCE, Names.SOURCE, false, 0, scale, 0, 0, Optional.empty(), Optional.empty(), false);
        return context.builder().one("attended", new Attend(pattern), q, k, v);
    }

    private static Value attend(BlockContext context, Settings settings, Sizes n, Value q, Value k, Value v) {
        var operands = new ArrayList<Value>();
        AttentionPattern pattern = pattern(
                context.model(), settings, n.heads(), 1 / Math.sqrt(n.headDim().bound()));
        if (settings.word("mask").orElse("causal").equals("padding")) {
            q = PaddingMask.onQueries(context, q);
            k = PaddingMask.onKeys(context, k);
        }
        boolean causal = pattern.causal();
        switch (context.form()) {
            // What sees ahead has the whole sequence in one call: nothing is kept for another.
            case ExpansionForm.Decoding d
            when causal -> {
                pattern = pattern.decodingFrom(Names.PAST, ExpansionForm.START);
                operands.addAll(List.of(q, cached(context, d, "k", k), cached(context, d, "v", v)));
            }
            case ExpansionForm.Decoding d -> operands.addAll(List.of(q, k, v));
            case ExpansionForm.Training t -> operands.addAll(List.of(q, k, v));
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
                settings.real("scale").orElse(scale),
                settings.real("cap").orElse(0.0),
                model.positions() == ModelDefinition.Positions.ALIBI ? (int) heads.bound() : 0,
                Optional.empty(),
                Optional.empty(),
                false);
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
                .one(cacheName, CacheWrite.all(Names.PAST, Names.SEQUENCE, ExpansionForm.START), cache, fresh);
    }

    /** Rotary positions of heads of {@code headDim} elements, where the model has them. */
    static Optional<RotaryEmbedding> rotary(ModelDefinition model, Settings settings, long headDim) {
        if (model.positions() != ModelDefinition.Positions.ROPE) {
            return Optional.empty();
        }
        Settings rope = settings.group("rope").orElse(Settings.empty("rope"));
        double fraction = rope.real("fraction").orElse(1.0);
        int rotated = 2 * (int) (headDim * fraction / 2);
        if (rotated == 0) {
            return Optional.empty();
        }
        return Optional.of(new RotaryEmbedding(
                rope.real("theta").orElse(10000.0),
                rotated,
                scaling(rope),
                rope.real("magnitude").orElse(1.0)));
    }

    private static Optional<RotaryEmbedding.Scaling> scaling(Settings rope) {
        double factor = rope.real("factor").orElse(1.0);
        double low = rope.real("low_frequency_factor").orElse(1.0);
        int context = rope.count("original_context").orElse(8192L).intValue();
        if (!rope.has("factor") && !rope.has("divisors")) {
            return Optional.empty();
        }
        return Optional.of(
                switch (rope.word("scaling").orElse("llama3")) {
                    case "linear" -> new RotaryEmbedding.Linear(factor);
                    case "yarn" ->
                        new RotaryEmbedding.Yarn(
                                factor,
                                low,
                                rope.real("high_frequency_factor").orElse(32.0),
                                context,
                                !rope.has("fractional"));
                    case "listed" -> new RotaryEmbedding.Listed(rope.reals("divisors"));
                    default ->
                        new RotaryEmbedding.Stretch(
                                factor, low, rope.real("high_frequency_factor").orElse(4.0), context);
                });
    }

    private static void validateRope(ModelDefinition model, Settings settings) {
        Settings rope = settings.group("rope").orElse(Settings.empty("rope"));
        String scaling = rope.word("scaling").orElse("llama3");
        boolean listed = scaling.equals("listed");
        String needed = listed ? "divisors" : "factor";
        if (rope.has("scaling") && !rope.has(needed)) {
            throw new BlockException(
                    rope.originOf("scaling"), "`scaling " + scaling + "` needs `" + needed + "`", "say it beside");
        }
        if (rope.has("divisors") != listed) {
            throw new BlockException(
                    rope.originOf("divisors"), "`divisors` belong to listed scaling", "say `scaling listed`");
        }
        long headDim = settings.count("rope_dim")
                .or(() -> settings.count("head_dim"))
                .orElse(model.width() / settings.count("heads").orElseThrow());
        long pairs = (long) (headDim * rope.real("fraction").orElse(1.0) / 2);
        if (listed && rope.reals("divisors").size() != pairs) {
            throw new BlockException(
                    rope.originOf("divisors"),
                    rope.reals("divisors").size() + " divisors for " + pairs + " pairs that turn",
                    "list one for each");
        }
    }
}
