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
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.units.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code repeat 96 { attention { … } mlp { … } }}: each sub-layer through the schema of its block. */
final class SubLayerReader {
    /** What every sub-layer may say besides its own entries. */
    static final List<EntrySchema> SHARED = List.of(
            EntrySchema.choice("norm", "where its norm stands; pre unless said", "pre", "post", "none"),
            EntrySchema.choice("residual", "whether it adds to the stream; add unless said", "add", "none"),
            EntrySchema.flag("parallel", "reads what the sub-layer before it read"));

    /** Far beyond any model; a slip of the keyboard should not fill memory. */
    private static final int MOST_LAYERS = 100_000;

    private final ResolveContext context;
    private final BlockCatalog catalog;

    SubLayerReader(ResolveContext context, BlockCatalog catalog) {
        this.context = context;
        this.catalog = catalog;
    }

    /** {@code modelRope} holds for every attention that does not say it itself. */
    Optional<Stack> stack(Entry repeat, Scope scope, Settings modelRope) {
        Optional<Integer> count = count(repeat, scope);
        List<Entry> written = repeat.entries();
        if (written.isEmpty()) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.MISSING_ENTRY, Spans.headline(repeat), "`repeat` needs sub-layers")
                            .withHelp("such as `repeat 12 { attention { heads 12 } }`, each on a line of its own"));
            return Optional.empty();
        }
        List<SubLayer> subLayers = new ArrayList<>();
        for (Entry entry : written) {
            subLayer(entry, scope, modelRope).ifPresent(subLayers::add);
        }
        boolean complete = count.isPresent() && subLayers.size() == written.size();
        return complete ? Optional.of(new Stack(count.get(), subLayers)) : Optional.empty();
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

    private Optional<SubLayer> subLayer(Entry entry, Scope scope, Settings modelRope) {
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
        return complete ? Optional.of(subLayer(block.get(), withRope(said, schema, modelRope))) : Optional.empty();
    }

    private static SubLayer subLayer(Block block, Settings said) {
        NormPlace norm = NormPlace.valueOf(said.word("norm").orElse("pre").toUpperCase(Locale.ROOT));
        boolean residual = said.word("residual").orElse("add").equals("add");
        return new SubLayer(block, said, norm, residual, said.has("parallel"));
    }

    private static Settings withRope(Settings said, Schema schema, Settings modelRope) {
        boolean takes = schema.entry("rope").isPresent() && !said.has("rope");
        return takes && !modelRope.values().isEmpty() ? said.with("rope", new Setting.Group(modelRope)) : said;
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
