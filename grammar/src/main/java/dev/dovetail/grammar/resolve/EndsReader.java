package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a model reads beside plain tokens, and its head: {@code token_types 2}, {@code input image { … }}, {@code head pooled}. */
final class EndsReader {
    static final EntrySchema TOKEN_TYPES =
            EntrySchema.count("token_types", "kinds of token with a table of their own: the two sentences of BERT");

    static final EntrySchema EMBED_WIDTH = EntrySchema.count(
                    "embed_width", "elements of a token table that is narrower than the model, and projected")
            .with(Schema.of(
                    "embed_width",
                    EntrySchema.flag(
                            "first", "before positions and all else that is added, and without a bias (OPT)")));

    static final EntrySchema HEAD = EntrySchema.of(
                    "head",
                    "what becomes of the last layer's stream: scores of tokens unless said, the stream itself, its first row, that"
                            + " row projected and squashed, scores of classes, a row projected to a width of its own, what a"
                            + " learned row reads of all, or how well it fits what the encoder made of its input",
                    List.of(new Slot.Choice("value", List.of("tokens", "features", "first", "pooled", "probed"))),
                    List.of(new Slot.Word("classes"), new Slot.Count("classes")),
                    List.of(new Slot.Word("projected"), new Slot.Count("projected")),
                    List.of(new Slot.Word("paired"), new Slot.Count("paired")))
            .with(Schema.of(
                    "head",
                    EntrySchema.flag(
                            "transform", "a projection, the exact gelu and a norm stand before scores of tokens"),
                    EntrySchema.flag("shaped", "a projection and tanh stand before classes"),
                    EntrySchema.choice(
                            "activation",
                            "what stands behind that projection; gelu_erf before tokens, tanh before classes unless said",
                            "tanh",
                            "relu",
                            "gelu_erf"),
                    EntrySchema.choice("dense_bias", "whether that projection has one; all unless said", "none", "all"),
                    EntrySchema.flag("dense_norm", "a norm stands behind it before classes too"),
                    EntrySchema.choice(
                            "pool",
                            "the row that classes are told from, or that is projected; first unless said; both: first and mean, each: every"
                                    + " token has its own",
                            "first",
                            "mean",
                            "last",
                            "both",
                            "each"),
                    EntrySchema.count("heads", "of the learned row's attention"),
                    EntrySchema.count("inner", "width of the hidden layer behind the learned row's attention"),
                    EntrySchema.choice(
                            "function",
                            "of that layer; gelu unless said",
                            "gelu",
                            "gelu_erf",
                            "quick_gelu",
                            "relu",
                            "silu"),
                    EntrySchema.flag("shifted", "a learned number is added to how well pairs fit (SigLIP)"),
                    EntrySchema.choice(
                            "bias",
                            "whether scores of classes, or what is projected, have one; all unless said",
                            "none",
                            "all")));

    /** What DeepSeek-V3 trained most of its tokens with (arXiv:2412.19437, section 4.2). */
    private static final double FURTHER_WEIGHT = 0.3;

    static final EntrySchema MTP = EntrySchema.count(
                    "mtp",
                    "tokens behind the next that are predicted too while it trains, each by one layer more, like the last"
                            + " (multi-token prediction)")
            .with(Schema.of(
                    "mtp",
                    EntrySchema.real(
                            "weight",
                            "of their mean loss beside that of the next token, which is the one that is told; "
                                    + FURTHER_WEIGHT + " unless said")));

    private final Diagnostics diagnostics;
    private final Sizes sizes;

    EndsReader(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
        this.sizes = new Sizes(diagnostics);
    }

    Ends read(Settings said, Optional<Signal> signal) {
        return new Ends(
                sizes.positive(said, "token_types").orElse(0),
                sizes.positive(said, "embed_width").orElse(0),
                said.group("embed_width").map(group -> group.has("first")).orElse(false),
                signal,
                head(said, signal),
                Optional.empty());
    }

    private Head head(Settings said, Optional<Signal> signal) {
        Settings head = said.group("head").orElse(Settings.empty("head"));
        if (head.has("classes")) {
            Head.Pool pool = Head.Pool.valueOf(head.word("pool").orElse("first").toUpperCase(Locale.ROOT));
            boolean bias = head.word("bias").orElse("all").equals("all");
            return new Head.Classes(
                    sizes.positive(head, "classes").orElse(1), pool, dense(head, "shaped", Head.Dense.POOLER), bias);
        }
        if (head.has("projected")) {
            return projected(head, "projected");
        }
        if (head.has("paired")) {
            return new Head.Paired(projected(head, "paired"), head.has("shifted"));
        }
        return switch (head.word("value").orElse(signal.isPresent() ? "features" : "tokens")) {
            case "features" -> new Head.Features();
            case "first" -> new Head.Pooled(false);
            case "pooled" -> new Head.Pooled(true);
            case "probed" ->
                new Head.Probed(
                        sizes.positive(head, "heads").orElse(1),
                        sizes.positive(head, "inner").orElse(1),
                        head.word("function").orElse("gelu"));
            default -> new Head.Tokens(dense(head, "transform", Head.Dense.TRANSFORM), further(said));
        };
    }

    private Head.Projected projected(Settings head, String width) {
        Head.Pool pool = Head.Pool.valueOf(head.word("pool").orElse("first").toUpperCase(Locale.ROOT));
        return new Head.Projected(
                sizes.positive(head, width).orElse(1),
                pool,
                head.word("bias").orElse("all").equals("all"));
    }

    /** What a head says of its projection where it says it at all. */
    private static Optional<Head.Dense> dense(Settings head, String entry, Head.Dense usual) {
        Head.Function function = switch (head.word("activation").orElse("")) {
            case "tanh" -> Head.Function.TANH;
            case "relu" -> Head.Function.RELU;
            case "gelu_erf" -> Head.Function.GELU;
            default -> usual.function();
        };
        boolean bias = head.word("dense_bias").map(word -> word.equals("all")).orElse(usual.bias());
        return head.has(entry)
                ? Optional.of(new Head.Dense(function, bias, usual.norm() || head.has("dense_norm")))
                : Optional.empty();
    }

    private Optional<Head.Further> further(Settings said) {
        double weight = said.group("mtp").flatMap(group -> group.real("weight")).orElse(FURTHER_WEIGHT);
        if (weight < 0) {
            diagnostics.report(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    Origins.span(said.group("mtp").orElseThrow().originOf("weight")),
                    "a loss that counts " + weight + " times would be made larger"));
            return Optional.empty();
        }
        return sizes.positive(said, "mtp").map(tokens -> new Head.Further(tokens, weight));
    }

    /** Whether a model that says how well a pair fits has another to be held to, and heads divide what they read. */
    boolean allowsHead(ModelDefinition model, Settings said) {
        Head head = model.ends().head();
        Optional<String> why =
                head instanceof Head.Paired && model.ends().source().isEmpty()
                        ? Optional.of("`head paired` needs an encoder whose row it is held to")
                        : head instanceof Head.Probed probed && model.width() % probed.heads() != 0
                                ? Optional.of(probed.heads() + " heads do not divide width " + model.width())
                                : Optional.empty();
        why.ifPresent(reason -> diagnostics.report(
                Diagnostic.error(DiagnosticCode.OUT_OF_RANGE, Origins.span(said.originOf("head")), reason)
                        .withHelp(
                                head instanceof Head.Paired
                                        ? "say `encoder { … }` and make this model the `decoder`"
                                        : "choose heads that divide the width")));
        return why.isEmpty();
    }

    /** What predicts tokens further ahead reads tokens, goes on by them, and has a last layer that another can be like. */
    boolean allowsFurther(ModelDefinition model, Settings said) {
        if (!said.has("mtp")) {
            return true;
        }
        Optional<String> why = model.ends().source().isPresent() || !model.continues()
                ? Optional.of("further tokens are predicted by what reads text alone and goes on with it")
                : model.ends().embedWidth() > 0
                        ? Optional.of("a token table that is narrower than the model leads no further")
                        : model.stacks().getLast().subLayers().stream()
                                        .anyMatch(s -> s.keeps()
                                                || s.takes()
                                                || s.block().givesStream())
                                ? Optional.of("the last layer changes what flows beside the stream")
                                : Optional.empty();
        why.ifPresent(reason -> diagnostics.report(
                Diagnostic.error(DiagnosticCode.OUT_OF_RANGE, Origins.span(said.originOf("mtp")), reason)
                        .withHelp("leave `mtp` out")));
        return why.isEmpty();
    }

    /** {@code input image { … }} or {@code input audio { … }}; empty where it is wrong and reported. */
    Optional<Signal> signal(Settings input) {
        return input.word("value").orElse("").equals("audio") ? sound(input) : picture(input);
    }

    private Optional<Signal> picture(Settings input) {
        Settings size = input.group("size").orElse(Settings.empty("size"));
        Optional<Integer> rows = sizes.positive(size, "rows");
        Optional<Integer> columns = sizes.positive(size, "columns");
        Optional<Integer> channels = sizes.positive(input, "channels");
        Optional<Integer> patch = sizes.positive(input, "patch");
        if (rows.isEmpty() || columns.isEmpty() || channels.isEmpty() || patch.isEmpty()) {
            return missing(input, List.of("size", "channels", "patch"));
        }
        int side = rows.get();
        if (!isTiled(diagnostics, input, size, columns.get(), patch.get())) {
            return Optional.empty();
        }
        return Optional.of(new Signal.Picture(
                side,
                channels.get(),
                patch.get(),
                sizes.atLeast(0, input, "leading").orElse(0),
                sizes.atLeast(0, input, "registers").orElse(0),
                input.has("masked"),
                input.word("bias").orElse("all").equals("all")));
    }

    private Optional<Signal> sound(Settings input) {
        Optional<Integer> frames = sizes.positive(input, "frames");
        Optional<Integer> bands = sizes.positive(input, "bands");
        if (frames.isEmpty() || bands.isEmpty()) {
            return missing(input, List.of("frames", "bands"));
        }
        if (frames.get() % 2 != 0) {
            diagnostics.report(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    Origins.span(input.originOf("frames")),
                    frames.get() + " frames cannot be halved"));
            return Optional.empty();
        }
        return Optional.of(new Signal.Sound(frames.get(), bands.get()));
    }

    /** What is there and wrong has been reported. */
    private Optional<Signal> missing(Settings input, List<String> needed) {
        reportMissing(diagnostics, input, needed);
        return Optional.empty();
    }

    /** Whether pictures are square and patches divide their side; says what is wrong otherwise. */
    static boolean isTiled(Diagnostics diagnostics, Settings input, Settings size, int columns, int patch) {
        long side = size.count("rows").orElse((long) columns);
        if (side != columns) {
            diagnostics.report(
                    Diagnostic.unsupported(Origins.span(size.originOf("columns")), "pictures that are not square are"));
            return false;
        }
        if (side % patch != 0) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            Origins.span(input.originOf("patch")),
                            "patches of " + patch + " do not divide a side of " + side)
                    .withRelated(Origins.span(size.originOf("rows")), "the side"));
            return false;
        }
        return true;
    }

    static void reportMissing(Diagnostics diagnostics, Settings input, List<String> needed) {
        List<String> absent = needed.stream().filter(entry -> !input.has(entry)).toList();
        if (!absent.isEmpty()) {
            diagnostics.report(Diagnostic.error(
                    DiagnosticCode.MISSING_ENTRY,
                    Origins.span(input.originOf("value")),
                    "`input` needs `" + String.join("`, `", absent) + "`"));
        }
    }
}
