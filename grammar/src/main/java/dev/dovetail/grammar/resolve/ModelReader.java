package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Label;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.BlockException;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Multipliers;
import dev.dovetail.ir.block.ModelDefinition.NormWeights;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.Passing;
import dev.dovetail.ir.block.ResnetBlock;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.spec.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** {@code model NAME { vocab …, width …, repeat 96 { attention { … } mlp { … } } }}. */
final class ModelReader {
    /** `vocab bytes`: every byte is a token. */
    private static final int BYTE_VOCAB = 256;

    /** The usual guard against division by zero in a norm. */
    private static final double EPSILON = 1e-5;

    static final Schema SCHEMA = Schema.of(
            "model",
            EntrySchema.of(
                            "vocab",
                            "entries of the token table, or `bytes`",
                            List.of(new Slot.Count("value")),
                            List.of(new Slot.Word("bytes")))
                    .mandatory(),
            EntrySchema.count("width", "elements of the residual stream").mandatory(),
            EntrySchema.count("context", "longest sequence, in tokens").mandatory(),
            EntrySchema.of(
                            "positions",
                            "how positions enter; rope unless said; waves are a sinusoidal table that counts for nothing",
                            List.of(new Slot.Choice(
                                    "value", List.of("rope", "learned", "sinusoidal", "waves", "alibi", "none"))))
                    .with(Schema.of(
                            "positions",
                            EntrySchema.real("theta", "base of the rotary frequencies"),
                            EntrySchema.real("fraction", "leading part of each head that turns"),
                            EntrySchema.count("rows", "rows of the learned table; the context unless said"))),
            EntrySchema.of(
                            "norm",
                            "rmsnorm unless said",
                            List.of(new Slot.Choice("value", List.of("rmsnorm", "layernorm"))))
                    .with(Schema.of(
                            "norm",
                            EntrySchema.real("epsilon", "added to the variance"),
                            EntrySchema.choice(
                                    "weights",
                                    "what norms learn: all unless said; scale is no shift",
                                    "all",
                                    "scale",
                                    "none"))),
            EntrySchema.of("multipliers", "fixed factors between the parts of the model")
                    .with(Schema.of(
                            "multipliers",
                            EntrySchema.real("embed", "on the embedded tokens"),
                            EntrySchema.real("residual", "on what each sub-layer adds to the stream"),
                            EntrySchema.real("logits", "on the logits"),
                            EntrySchema.real("logit_cap", "c: logits become c · tanh(logits / c)"))),
            EntrySchema.choice(
                    "bias", "whether projections have biases; where norm is layernorm unless said", "none", "all"),
            EntrySchema.of(
                            "unembed",
                            "whether the output projection is the token table",
                            List.of(new Slot.Choice("value", List.of("tied", "untied"))))
                    .with(Schema.of("unembed", EntrySchema.flag("bias", "the logits have a bias"))),
            EntrySchema.real("capacity", "of every moe that does not say it: places of an expert over its even share"),
            EntrySchema.flag("embed_norm", "the embedding is normalised"),
            EntrySchema.choice("final_norm", "on unless said", "on", "off"),
            EndsReader.TOKEN_TYPES,
            EndsReader.EMBED_WIDTH,
            EndsReader.HEAD,
            EndsReader.MTP,
            LatentReader.INPUT,
            LatentReader.CONDITION,
            LatentReader.OUTPUT,
            ResnetBlock.NORM_GROUPS,
            AdaptationReader.FREEZE,
            AdaptationReader.LORA,
            EntrySchema.of("repeat", "`repeat 96 { … }`: layers of the same sub-layers")
                    .mandatory()
                    .repeated());

    /** A picture has patches where a text has tokens. */
    private static final Schema OF_PICTURES = new Schema(
            "model",
            SCHEMA.entries().stream()
                    .filter(entry -> !List.of("vocab", "context").contains(entry.name()))
                    .toList());

    private final ResolveContext context;
    private final SubLayerReader subLayers;
    private final Function<Definition, Optional<ModelDefinition>> named;
    private final Sizes sizes;

    /** {@code named} resolves the models that one is made of. */
    ModelReader(
            ResolveContext context, SubLayerReader subLayers, Function<Definition, Optional<ModelDefinition>> named) {
        this.context = context;
        this.subLayers = subLayers;
        this.named = named;
        this.sizes = new Sizes(context.diagnostics());
    }

    Optional<ModelDefinition> read(Definition definition) {
        return context.inheritance().entries(definition).flatMap(entries -> read(definition, entries));
    }

    private Optional<ModelDefinition> read(Definition definition, List<Entry> entries) {
        return ComposedModelReader.isComposed(entries)
                ? new ComposedModelReader(context, this, named).read(definition, entries)
                : read(definition.name(), definition.name().span(), entries, Optional.empty());
    }

    /**
     * A model that is not made of others.
     *
     * @param owner what a missing entry is reported at
     * @param source the model that it reads, where it is part of another
     */
    Optional<ModelDefinition> read(Label name, SourceSpan owner, List<Entry> entries, Optional<Source> source) {
        boolean picture = LatentReader.isPicture(entries);
        ReadBlock block = context.blocks().read(entries, owner, picture ? OF_PICTURES : SCHEMA, Scope.EMPTY);
        Settings said = block.settings();
        boolean noised = said.group("input")
                .flatMap(input -> input.word("value"))
                .orElse("")
                .equals("latent");
        Optional<Latent> latent = noised ? new LatentReader(context.diagnostics()).read(block) : Optional.empty();
        var endsReader = new EndsReader(context.diagnostics());
        Optional<Signal> signal =
                picture && !noised ? said.group("input").flatMap(endsReader::signal) : Optional.empty();
        Optional<Integer> vocab =
                picture ? latent.map(Latent::patchElements).or(() -> signal.map(Signal::elements)) : vocab(said);
        Optional<Integer> width =
                sizes.positive(said, "width").filter(size -> !noised || isConvolved(said) || tellsPlaces(said, size));
        Optional<Integer> length = picture
                ? latent.map(Latent::patches).or(() -> signal.map(Signal::rows))
                : sizes.positive(said, "context");
        Scope scope = Scope.EMPTY.inside(entries);
        List<Optional<List<Stack>>> stacks = block.all("repeat").stream()
                .map(repeat -> subLayers.stacks(repeat, scope, shared(said)))
                .toList();
        boolean complete = vocab.isPresent()
                && width.isPresent()
                && length.isPresent()
                && !stacks.isEmpty()
                && stacks.stream().allMatch(Optional::isPresent);
        if (!complete) {
            return Optional.empty();
        }
        Ends ends = endsReader.read(said, signal);
        var whole = definition(
                name,
                said,
                vocab.get(),
                width.get(),
                length.get(),
                latent,
                source.map(ends::reading).orElse(ends),
                stacks.stream().flatMap(stack -> stack.get().stream()).toList());
        return valid(whole)
                .filter(model -> endsReader.allowsFurther(model, said) && endsReader.allowsHead(model, said))
                .flatMap(model ->
                        new AdaptationReader(context.diagnostics()).adapted(model, model.name(), said, model.origin()));
    }

    private static boolean isConvolved(Settings said) {
        return said.group("input").map(input -> input.has("convolution")).orElse(false);
    }

    /** Where a patch is is told by sines and cosines of its row and of its column: four equal parts of the width. */
    private boolean tellsPlaces(Settings said, int width) {
        boolean divides = width % 4 == 0;
        if (!divides) {
            context.diagnostics()
                    .report(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            Origins.span(said.originOf("width")),
                            "a width of " + width + " has no four equal parts to tell rows and columns of patches by"));
        }
        return divides;
    }

    private Optional<Integer> vocab(Settings said) {
        boolean bytes = said.find("vocab").map(Setting.Flag.class::isInstance).orElse(false);
        return bytes ? Optional.of(BYTE_VOCAB) : sizes.positive(said, "vocab");
    }

    /** What {@code positions rope { … }} and {@code capacity} say for every sub-layer that does not say it itself. */
    private static Settings shared(Settings said) {
        Settings rope = Settings.empty("rope");
        Optional<Settings> positions = said.group("positions");
        for (String entry : List.of("theta", "fraction")) {
            Optional<Setting> value = positions.flatMap(group -> group.find(entry));
            rope = value.isPresent() ? rope.with(entry, value.get()) : rope;
        }
        Settings shared = Settings.empty("shared");
        shared = rope.values().isEmpty() ? shared : shared.with("rope", new Setting.Group(rope));
        for (String entry : List.of("capacity", ResnetBlock.NORM_GROUPS.name())) {
            Optional<Setting> value = said.find(entry);
            shared = value.isPresent() ? shared.with(entry, value.get()) : shared;
        }
        return shared;
    }

    private ModelDefinition definition(
            Label name,
            Settings said,
            int vocab,
            int width,
            int length,
            Optional<Latent> latent,
            Ends ends,
            List<Stack> stacks) {
        // Patches are told where they are by a table, and what reads pictures and sound has layer norms.
        boolean picture = latent.isPresent() || ends.signal().isPresent();
        String usualPositions = latent.isPresent() ? "none" : picture ? "learned" : "rope";
        Positions positions =
                Positions.valueOf(said.word("positions").orElse(usualPositions).toUpperCase(Locale.ROOT));
        boolean table = List.of(Positions.LEARNED, Positions.SINUSOIDAL, Positions.WAVES)
                .contains(positions);
        String usual = picture ? "layernorm" : "rmsnorm";
        NormKind norm = said.word("norm").orElse(usual).equals("layernorm") ? NormKind.LAYER : NormKind.RMS;
        return new ModelDefinition(
                name.text(),
                vocab,
                width,
                length,
                positions,
                table ? rows(said, length) : 0,
                norm,
                said.group("norm").flatMap(group -> group.real("epsilon")).orElse(EPSILON),
                NormWeights.valueOf(said.group("norm")
                        .flatMap(group -> group.word("weights"))
                        .orElse("all")
                        .toUpperCase(Locale.ROOT)),
                said.word("bias").map(bias -> bias.equals("all")).orElse(norm == NormKind.LAYER),
                said.word("unembed").orElse("untied").equals("tied"),
                said.group("unembed").map(group -> group.has("bias")).orElse(false),
                said.has("embed_norm"),
                said.word("final_norm").orElse("on").equals("on"),
                said.group("multipliers").map(ModelReader::multipliers).orElse(Multipliers.NONE),
                stacks,
                latent,
                ends,
                Adaptation.NONE,
                Origins.of(name));
    }

    private static Multipliers multipliers(Settings said) {
        return new Multipliers(
                said.real("embed").orElse(1.0),
                said.real("residual").orElse(1.0),
                said.real("logits").orElse(1.0),
                said.real("logit_cap").orElse(0.0));
    }

    private int rows(Settings said, int length) {
        Optional<Settings> positions = said.group("positions").filter(group -> group.has("rows"));
        int rows = positions.flatMap(group -> sizes.positive(group, "rows")).orElse(length);
        if (rows < length) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.OUT_OF_RANGE,
                                    Origins.span(positions.orElseThrow().originOf("rows")),
                                    rows + " rows of learned positions are fewer than the context of " + length)
                            .withRelated(Origins.span(said.originOf("context")), "the longest sequence"));
        }
        return rows;
    }

    /** The model, unless one of its sub-layers cannot be. */
    private Optional<ModelDefinition> valid(ModelDefinition model) {
        var wrong = new ArrayList<BlockException>();
        Passing.check(model, wrong::add);
        for (BlockException impossible : wrong) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.OUT_OF_RANGE,
                                    Origins.span(impossible.origin()),
                                    impossible.getMessage())
                            .withHelp(impossible.help()));
        }
        return wrong.isEmpty() ? Optional.of(model) : Optional.empty();
    }
}
