package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.block.Source.Projector;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A model made of others: {@code encoder clip { frozen } projector mlp { layers 2 } decoder vicuna { frozen }}. Both parts are
 * named, or said in their place. Without a projector the decoder's sub-layers that say {@code cross} read the encoder.
 */
final class ComposedModelReader {
    private static final EntrySchema PROJECTOR = EntrySchema.of(
                    "projector",
                    "brings the encoder's rows to the decoder's width, in the place of its first tokens",
                    List.of(new Slot.Choice("value", List.of("mlp"))))
            .with(Schema.of(
                    "projector",
                    EntrySchema.count("layers", "projections; 1 unless said, at most 3"),
                    EntrySchema.choice(
                            "activation",
                            "between two; gelu unless said",
                            "gelu",
                            "gelu_erf",
                            "quick_gelu",
                            "relu",
                            "silu"),
                    EntrySchema.count("inner", "width between two; the decoder's unless said"),
                    EntrySchema.choice("bias", "all unless said", "none", "all"),
                    EntrySchema.count("merge", "neighbouring rows that become one; 1 unless said")
                            .with(Schema.of(
                                    "merge",
                                    EntrySchema.count(
                                            "width", "what they are projected to before all else (Mistral 3)"))),
                    EntrySchema.of(
                                    "norm",
                                    "rows are normalised first; as the decoder's unless said",
                                    List.of(),
                                    List.of(new Slot.Choice("value", List.of("rmsnorm", "layernorm"))))
                            .with(Schema.of("norm", EntrySchema.flag("merged", "as they are when merged (InternVL)"))),
                    EntrySchema.count("lines", "lines of a picture, each of which a learned row ends (LLaVA-NeXT)"),
                    EntrySchema.flag("frozen", "it stays as it is")));

    /** What may be said of a part. */
    static final Schema PART = Schema.of(
            "part",
            EntrySchema.flag("frozen", "it stays as it is"),
            AdaptationReader.FREEZE,
            AdaptationReader.LORA,
            EntrySchema.count("unread", "last layers that hold weights and are passed by"));

    /** A model that is made of others says nothing else. */
    static final Schema SCHEMA = Schema.of(
            "model",
            EntrySchema.of("encoder", "the model that the decoder reads: a name, or a model in its place")
                    .mandatory(),
            PROJECTOR,
            EntrySchema.of("decoder", "the model that goes on: a name, or a model in its place")
                    .mandatory(),
            EntrySchema.flag("shared_table", "encoder and decoder have one table of tokens"));

    private final ResolveContext context;
    private final Sizes sizes;
    private final ModelReader models;
    private final Function<Definition, Optional<ModelDefinition>> named;

    ComposedModelReader(
            ResolveContext context, ModelReader models, Function<Definition, Optional<ModelDefinition>> named) {
        this.context = context;
        this.sizes = new Sizes(context.diagnostics());
        this.models = models;
        this.named = named;
    }

    static boolean isComposed(List<Entry> entries) {
        return entries.stream().anyMatch(entry -> List.of("encoder", "decoder").contains(entry.keyword()));
    }

    Optional<ModelDefinition> read(Definition definition, List<Entry> entries) {
        ReadBlock block = context.blocks().read(entries, definition.name().span(), SCHEMA, Scope.EMPTY);
        Optional<Part> encoder = block.first("encoder").flatMap(entry -> part(entry, definition, Optional.empty()));
        if (encoder.isEmpty()) {
            return Optional.empty();
        }
        Settings said = block.settings();
        Optional<Settings> projector = said.group("projector");
        var source = new Source(
                encoder.get().model(),
                Optional.empty(),
                projector.isPresent(),
                said.has("shared_table"),
                encoder.get().unread());
        return block.first("decoder")
                .flatMap(entry -> part(entry, definition, Optional.of(source)))
                .flatMap(decoder -> joined(definition, decoder.model(), source, projector));
    }

    /** A model that is part of another. */
    private record Part(ModelDefinition model, int unread) {}

    private Optional<Part> part(Entry entry, Definition whole, Optional<Source> source) {
        return entry.values().isEmpty() ? inPlace(entry, whole, source) : byName(entry);
    }

    private Optional<Part> inPlace(Entry entry, Definition whole, Optional<Source> source) {
        List<Entry> own = entry.entries().stream()
                .filter(inner -> !List.of("frozen", "unread").contains(inner.keyword()))
                .toList();
        List<Entry> about = entry.entries().stream()
                .filter(inner -> List.of("frozen", "unread").contains(inner.keyword()))
                .toList();
        Settings said = context.blocks()
                .read(about, Spans.headline(entry), PART, Scope.EMPTY)
                .settings();
        return models.read(whole.name(), Spans.headline(entry), own, source)
                .map(model -> said.has("frozen") ? frozen(model) : model)
                .map(model -> new Part(model, unread(said)));
    }

    private int unread(Settings said) {
        return sizes.atLeast(0, said, "unread").orElse(0);
    }

    private Optional<Part> byName(Entry entry) {
        if (entry.values().size() > 1 || !(entry.values().getFirst() instanceof NameAtom name)) {
            context.diagnostics()
                    .report(Diagnostic.error(
                            DiagnosticCode.WRONG_VALUE,
                            Origins.span(entry.values()),
                            "`" + entry.keyword() + "` expects the name of a model, or a model in a block"));
            return Optional.empty();
        }
        Settings said = context.blocks()
                .read(entry.entries(), Spans.headline(entry), PART, Scope.EMPTY)
                .settings();
        return context.definitions()
                .find(DefinitionKind.MODEL, name.text(), name.span())
                .flatMap(named)
                .flatMap(model -> adapted(model, said))
                .map(model -> new Part(model, unread(said)));
    }

    private Optional<ModelDefinition> adapted(ModelDefinition model, Settings said) {
        if (said.has("frozen") && !said.has("lora")) {
            return Optional.of(frozen(model));
        }
        return said.has("lora") || said.has("freeze")
                ? new AdaptationReader(context.diagnostics()).adapted(model, model.name(), said, model.origin())
                : Optional.of(model);
    }

    private static ModelDefinition frozen(ModelDefinition model) {
        return model.with(model.name(), new Adaptation(List.of("*"), Optional.empty()), model.origin());
    }

    private Optional<ModelDefinition> joined(
            Definition definition, ModelDefinition decoder, Source source, Optional<Settings> projector) {
        var whole = new Source(
                source.encoder(),
                projector.map(said -> projector(said, decoder)),
                source.joined(),
                source.shared(),
                source.unread());
        ModelDefinition model = decoder.between(decoder.ends().reading(whole))
                .with(definition.name().text(), decoder.adaptation(), Origins.of(definition.name()));
        return fits(model, whole, definition) ? Optional.of(model) : Optional.empty();
    }

    private Projector projector(Settings said, ModelDefinition decoder) {
        return new Projector(
                sizes.atLeast(0, said, "layers").orElse(1),
                said.word("activation").orElse("gelu"),
                sizes.atLeast(0, said, "inner").orElse(decoder.width()),
                said.word("bias").orElse("all").equals("all"),
                merge(said),
                said.has("norm") ? Optional.of(norm(said, decoder)) : Optional.empty(),
                sizes.atLeast(0, said, "lines").orElse(0),
                said.has("frozen"));
    }

    private Projector.Merge merge(Settings said) {
        int width = said.group("merge")
                .flatMap(about -> sizes.atLeast(0, about, "width"))
                .orElse(0);
        return new Projector.Merge(sizes.atLeast(0, said, "merge").orElse(1), width);
    }

    private static Projector.Norm norm(Settings said, ModelDefinition decoder) {
        boolean merged = said.group("norm").map(about -> about.has("merged")).orElse(false);
        NormKind kind = said.word("norm")
                .map(word -> word.equals("layernorm") ? NormKind.LAYER : NormKind.RMS)
                .orElse(decoder.norm());
        return new Projector.Norm(kind, merged);
    }

    private boolean fits(ModelDefinition model, Source source, Definition definition) {
        if (model.ends().head() instanceof Head.Paired paired) {
            return meet(paired, source, definition);
        }
        if (source.projector().isEmpty() && source.encoder().width() != model.width()) {
            return refused(
                    definition,
                    "an encoder of width " + source.encoder().width() + " and a decoder of width " + model.width()
                            + " do not meet",
                    "say `projector mlp` between them");
        }
        int layers = source.projector().map(Projector::layers).orElse(1);
        if (layers < 1 || layers > 3) {
            return refused(definition, "a projector has 1 to 3 layers, found " + layers, "say `layers 2`");
        }
        int merge = source.projector().map(said -> said.merge().rows()).orElse(1);
        int rows = source.encoder().context() - source.firstRow();
        if (merge < 1 || rows % merge != 0) {
            return refused(definition, rows + " rows do not merge by " + merge, "choose a `merge` that divides them");
        }
        int lines = source.projector().map(Projector::lines).orElse(0);
        if (lines > 0 && rows / merge % lines != 0) {
            return refused(
                    definition, rows / merge + " rows are not " + lines + " lines", "choose `lines` that divide them");
        }
        if (source.unread() >= source.encoder().layers()) {
            return refused(
                    definition, "an encoder whose layers are all unread gives nothing", "say a smaller `unread`");
        }
        if (source.joined() && source.rows() >= model.context()) {
            return refused(
                    definition,
                    source.rows() + " rows of the encoder leave no place for tokens in a context of " + model.context(),
                    "say a longer `context`");
        }
        return true;
    }

    /** Whether the encoder ends in a row that the decoder's can be held to. */
    private boolean meet(Head.Paired paired, Source source, Definition definition) {
        int width = paired.own().width();
        Optional<Integer> met =
                source.encoder().ends().head().rowWidth(source.encoder().width());
        if (source.projector().isPresent() || source.unread() > 0) {
            return refused(
                    definition,
                    "what an encoder and a decoder make of a whole are a pair, with no projector and nothing unread between",
                    "leave `projector` and `unread` out, or say another `head` in the decoder");
        }
        if (!met.equals(Optional.of(width))) {
            String made = met.map(other -> "a row of " + other).orElse("no single row");
            return refused(
                    definition,
                    "the encoder ends in " + made + ", and the decoder's `head paired` in one of " + width,
                    "say `head projected " + width + "` in the encoder");
        }
        return true;
    }

    private boolean refused(Definition definition, String message, String help) {
        context.diagnostics()
                .report(Diagnostic.error(
                                DiagnosticCode.OUT_OF_RANGE, definition.name().span(), message)
                        .withHelp(help));
        return false;
    }
}
