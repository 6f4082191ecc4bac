package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.tensor.ElementType;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code precision bf16}, or {@code precision { weights bf16, gradients fp32, state fp32 }}. */
final class PrecisionReader {
    private static final Map<String, ElementType> TYPES =
            Map.of("fp64", ElementType.F64, "fp32", ElementType.F32, "bf16", ElementType.BF16);
    private static final String[] WORDS = {"fp64", "fp32", "bf16", "fp16", "fp8", "fp4", "tf32"};

    /** What products may convert the operands of linear layers to. */
    private static final Map<String, ProductFormat> FORMATS = Map.of(
            "fp8", ProductFormat.FP8,
            "fp8_block", ProductFormat.FP8_BLOCK,
            "mxfp8", ProductFormat.MXFP8,
            "nvfp4", ProductFormat.NVFP4);

    private static final String[] PRODUCTS = {
        "fp64", "fp32", "bf16", "fp16", "fp8", "fp8_block", "mxfp8", "nvfp4", "fp4", "tf32"
    };

    /** Plans are looked for with each. */
    private static final int MOST_CHOICES = 64;

    static final EntrySchema SCHEMA = EntrySchema.of(
                    "precision",
                    "what tensors are stored as; fp32 unless said",
                    List.of(new Slot.Choice("value", List.of(WORDS))),
                    List.of())
            .with(Schema.of(
                    "precision",
                    EntrySchema.choice("weights", "and activations", WORDS),
                    EntrySchema.of(
                                    "matmul",
                                    "what operands of linear layers are converted to; as the weights unless said: fp8 with a scale "
                                            + "for each tensor, block or 32 elements (mxfp8), or 4 bits (nvfp4); of a list, `[bf16, mxfp8]`, "
                                            + "what is fastest",
                                    List.of(new Slot.Choice("format", List.of(PRODUCTS))),
                                    List.of(new Slot.Names("format")),
                                    List.of())
                            .with(Schema.of("matmul", classes())),
                    EntrySchema.choice("gradients", "accumulated gradients; fp32 under narrower weights", WORDS),
                    EntrySchema.choice("state", "moments of the optimizer; fp32 under narrower weights", WORDS),
                    EntrySchema.choice("master", "the optimizer's copy of narrower weights; fp32", WORDS)));

    private final Diagnostics diagnostics;

    PrecisionReader(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    /** @param here whether the job runs on this machine, whose kernels compute in single and double precision */
    Precision read(Settings job, boolean here) {
        Settings said = job.group("precision").orElse(Settings.empty("precision"));
        ElementType weights = type(said, "value", type(said, "weights", ElementType.F32));
        ElementType wide = weights == ElementType.F64 ? ElementType.F64 : ElementType.F32;
        if (here && weights == ElementType.BF16) {
            diagnostics.report(Diagnostic.unsupported(
                    Origins.span(said.originOf(said.has("weights") ? "weights" : "value")),
                    "training in `bf16` on `this machine` is"));
        }
        List<ProductFormats> choices = products(said, weights, here);
        return new Precision(
                weights,
                type(said, "gradients", wide),
                type(said, "state", wide),
                type(said, "master", wide),
                choices.getFirst(),
                choices);
    }

    private static EntrySchema[] classes() {
        return Arrays.stream(ProductClass.values())
                .filter(kind -> kind != ProductClass.OTHER)
                .map(kind -> EntrySchema.of(
                        word(kind),
                        "of " + kind.words() + " alone",
                        List.of(new Slot.Choice("value", List.of(PRODUCTS))),
                        List.of(new Slot.Names("value"))))
                .toArray(EntrySchema[]::new);
    }

    private static String word(ProductClass kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** Every way to choose from what is allowed, the first of each list first. */
    private List<ProductFormats> products(Settings precision, ElementType weights, boolean here) {
        Optional<Settings> said = precision.group("matmul");
        if (said.isEmpty()) {
            return List.of(ProductFormats.STORED);
        }
        List<ProductFormats> all = formats(said.get(), "format", weights, here).stream()
                .map(ProductFormats::of)
                .toList();
        for (ProductClass kind : ProductClass.values()) {
            if (said.get().has(word(kind))) {
                List<ProductFormat> own = formats(said.get(), word(kind), weights, here);
                all = all.stream()
                        .flatMap(formats -> own.stream().map(format -> formats.with(kind, format)))
                        .distinct()
                        .toList();
            }
        }
        if (all.size() > MOST_CHOICES) {
            diagnostics.report(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    Origins.span(precision.originOf("matmul")),
                    "`matmul` leaves " + all.size() + " ways to choose, " + MOST_CHOICES + " are the most"));
        }
        return all;
    }

    private List<ProductFormat> formats(Settings said, String entry, ElementType weights, boolean here) {
        List<String> words = said.words(entry);
        if (words.isEmpty()) {
            return List.of(format(said, entry, weights, here));
        }
        var formats = new LinkedHashSet<ProductFormat>();
        for (String word : words) {
            if (List.of(PRODUCTS).contains(word)) {
                formats.add(format(
                        Settings.empty(entry).with(entry, new Setting.Word(word, said.originOf(entry))),
                        entry,
                        weights,
                        here));
            } else {
                diagnostics.report(Diagnostic.error(
                                DiagnosticCode.UNKNOWN_NAME,
                                Origins.span(said.originOf(entry)),
                                "no format of matrix products is called `" + word + "`")
                        .withNearest(word, List.of(PRODUCTS)));
            }
        }
        return formats.isEmpty() ? List.of(ProductFormat.STORED) : List.copyOf(formats);
    }

    private ProductFormat format(Settings said, String entry, ElementType weights, boolean here) {
        ProductFormat format = said.word(entry).map(FORMATS::get).orElse(null);
        if (format == null) {
            if (said.has(entry) && type(said, entry, weights) != weights) {
                diagnostics.report(Diagnostic.unsupported(
                        Origins.span(said.originOf(entry)), "matrix products of another width than the weights are"));
            }
            return ProductFormat.STORED;
        }
        if (weights != ElementType.BF16 || here) {
            String where = here ? "on `this machine`" : "under other weights than `bf16`";
            diagnostics.report(Diagnostic.unsupported(
                    Origins.span(said.originOf(entry)),
                    "`matmul " + said.word(entry).orElseThrow() + "` " + where + " is"));
        }
        return format;
    }

    private ElementType type(Settings said, String entry, ElementType otherwise) {
        String word = said.word(entry).orElse("");
        ElementType type = TYPES.getOrDefault(word, otherwise);
        if (!word.isEmpty() && !TYPES.containsKey(word)) {
            diagnostics.report(
                    Diagnostic.unsupported(Origins.span(said.originOf(entry)), "training in `" + word + "` is"));
        }
        return type;
    }
}
