package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.ir.block.Block;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.units.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code repeat 96 { attention { … } mlp { … } }}: each sub-layer through the schema of its block. */
final class SubLayerReader {
    /** What every sub-layer may say besides its own entries. */
    static final List<EntrySchema> SHARED = List.of(
            EntrySchema.choice(
                    "norm",
                    "where its norm stands; pre unless said, post is behind the sum with the stream, out behind the"
                            + " sub-layer, both before and behind it; shared takes that of the sub-layer before",
                    "pre",
                    "post",
                    "out",
                    "both",
                    "shared",
                    "none"),
            EntrySchema.choice("residual", "whether it adds to the stream; add unless said", "add", "none"),
            EntrySchema.flag("parallel", "reads what the sub-layer before it read"),
            EntrySchema.choice(
                    SubLayer.MODULATE,
                    "its norm and a gate are told by what pictures are conditioned on",
                    "adaln_zero"),
            EntrySchema.flag(
                    SubLayer.LAYER_SCALE,
                    "what it adds is multiplied by a learned factor for each element (CaiT, DINOv2)"),
            EntrySchema.of(
                    SubLayer.JOINT,
                    "the text beside a picture goes through too, with weights of its own, and attention sees both; `joint last`"
                            + " where nothing reads the text behind",
                    List.of(),
                    List.of(new Slot.Choice("value", List.of("last")))),
            EntrySchema.flag(SubLayer.KEEP, "the stream behind it is kept for a later sub-layer that takes it"),
            EntrySchema.flag(
                    SubLayer.TAKE, "it reads what was kept last beside the stream, which flows no further (UNet)"),
            EntrySchema.flag(SubLayer.FROZEN, "none of its parameters trains"));

    /** Far beyond any model; a slip of the keyboard should not fill memory. */
    private static final int MOST_LAYERS = 100_000;

    private final ResolveContext context;
    private final BlockCatalog catalog;

    SubLayerReader(ResolveContext context, BlockCatalog catalog) {
        this.context = context;
        this.catalog = catalog;
    }

    /**
     * The stacks of one {@code repeat}: itself, or, where it holds others, those in turn, as often as it says.
     *
     * @param shared holds for every sub-layer that does not say it itself
     */
    Optional<List<Stack>> stacks(Entry repeat, Scope scope, Settings shared) {
        Optional<Integer> count = count(repeat, scope);
        List<Entry> written = repeat.entries();
        if (written.isEmpty()) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.MISSING_ENTRY, Spans.headline(repeat), "`repeat` needs sub-layers")
                            .withHelp("such as `repeat 12 { attention { heads 12 } }`, each on a line of its own"));
            return Optional.empty();
        }
        return written.stream().anyMatch(SubLayerReader::isRepeat)
                ? pattern(written, count, scope, shared)
                : layer(written, count, scope, shared);
    }

    private static boolean isRepeat(Entry entry) {
        return entry.keyword().equals("repeat");
    }

    private Optional<List<Stack>> layer(List<Entry> written, Optional<Integer> count, Scope scope, Settings shared) {
        List<Entry> entries = written.stream().filter(entry -> !isFrozen(entry)).toList();
        Settings frozen = entries.size() < written.size() ? shared.withFlag(SubLayer.FROZEN) : shared;
        List<SubLayer> subLayers = new ArrayList<>();
        for (Entry entry : entries) {
            subLayer(entry, scope, frozen).ifPresent(subLayers::add);
        }
        boolean complete = count.isPresent() && subLayers.size() == entries.size();
        return complete ? Optional.of(List.of(new Stack(count.get(), subLayers))) : Optional.empty();
    }

    /** {@code repeat 4 { frozen … }}: none of these layers trains. */
    private static boolean isFrozen(Entry entry) {
        return entry.keyword().equals(SubLayer.FROZEN) && entry.values().isEmpty();
    }

    /** Layers that alternate: {@code repeat 18 { repeat 1 { … } repeat 1 { … } }}. */
    private Optional<List<Stack>> pattern(List<Entry> written, Optional<Integer> count, Scope scope, Settings shared) {
        List<Stack> once = new ArrayList<>();
        boolean complete = true;
        for (Entry entry : written) {
            if (!isRepeat(entry)) {
                context.diagnostics()
                        .report(Diagnostic.error(
                                        DiagnosticCode.WRONG_VALUE,
                                        Spans.headline(entry),
                                        "`" + entry.keyword() + "` stands beside a `repeat`")
                                .withHelp("put it into a `repeat 1 { … }`: a repeat holds sub-layers or repeats"));
                complete = false;
                continue;
            }
            Optional<List<Stack>> inner = stacks(entry, scope, shared);
            inner.ifPresent(once::addAll);
            complete &= inner.isPresent();
        }
        if (!complete || count.isEmpty()) {
            return Optional.empty();
        }
        List<Stack> all = new ArrayList<>();
        for (int i = 0; i < count.get(); i++) {
            all.addAll(once);
        }
        return Optional.of(all);
    }

    private Optional<Integer> count(Entry repeat, Scope scope) {
        try {
            AtomCursor cursor = new AtomCursor(repeat.values(), Spans.behindAtoms(repeat));
            Quantity count = Expressions.read(cursor, scope).quantity();
            cursor.expectEnd();
            if (!count.isNumber() || !count.isWhole() || count.value() < 1 || count.value() > MOST_LAYERS) {
                throw new Mistake(Diagnostic.error(
                        DiagnosticCode.OUT_OF_RANGE,
                        Spans.headline(repeat),
                        "`repeat` expects a whole number of layers from 1 to " + MOST_LAYERS + ", found " + count));
            }
            return Optional.of((int) count.value());
        } catch (Mistake mistake) {
            context.diagnostics().report(mistake.diagnostic());
            return Optional.empty();
        }
    }

    private Optional<SubLayer> subLayer(Entry entry, Scope scope, Settings shared) {
        Optional<Block> block = catalog.find(entry.keyword());
        if (block.isEmpty()) {
            reportUnknown(entry);
            return Optional.empty();
        }
        if (!entry.values().isEmpty()) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.WRONG_VALUE,
                                    Origins.span(entry.values()),
                                    "`" + entry.keyword() + "` says everything in its block")
                            .withHelp("such as `" + entry.keyword() + " { … }`"));
        }
        Schema schema = block.get().schema().plus(SHARED);
        Settings said = context.blocks()
                .read(entry.entries(), Spans.headline(entry), schema, scope)
                .settings();
        boolean complete = schema.entries().stream().allMatch(known -> !known.required() || said.has(known.name()));
        return complete ? Optional.of(subLayer(block.get(), with(said, schema, shared))) : Optional.empty();
    }

    private static SubLayer subLayer(Block block, Settings said) {
        String usual = block.givesStream() ? "none" : "pre";
        NormPlace norm = NormPlace.valueOf(said.word("norm").orElse(usual).toUpperCase(Locale.ROOT));
        boolean residual =
                !block.givesStream() && said.word("residual").orElse("add").equals("add");
        return new SubLayer(block, said, norm, residual, said.has("parallel"));
    }

    /** What the model says for all its sub-layers, where this one may say it and does not. */
    private static Settings with(Settings said, Schema schema, Settings shared) {
        Settings all = said;
        for (String entry : shared.values().keySet()) {
            boolean takes = schema.entry(entry).isPresent() && !said.has(entry);
            all = takes ? all.with(entry, shared.find(entry).orElseThrow()) : all;
        }
        return all;
    }

    private void reportUnknown(Entry entry) {
        String word = AtomNames.of(entry.head());
        var span = entry.head().span();
        context.diagnostics()
                .report(
                        NotYet.isPlanned("repeat", word)
                                ? Diagnostic.unsupported(span, "the sub-layer `" + word + "` is")
                                : Diagnostic.error(
                                                DiagnosticCode.UNKNOWN_ENTRY,
                                                span,
                                                "no sub-layer is called `" + word + "`")
                                        .withNearest(word, catalog.names())
                                        .withNote("there are " + String.join(", ", catalog.names())));
    }
}
