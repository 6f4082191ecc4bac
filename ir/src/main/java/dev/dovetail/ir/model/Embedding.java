package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.block.RelativeBias;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/** Expands what a model reads into the stream of its first layer, and what all its layers read beside it. */
final class Embedding {
    private static final String TABLE = "table";

    private final Expansion expansion;
    private final ModelDefinition definition;
    private final GraphBuilder builder;
    private final BlockContext context;

    Embedding(Expansion expansion) {
        this.expansion = expansion;
        this.definition = expansion.definition();
        this.builder = expansion.builder();
        this.context = expansion.context("embed");
    }

    Flow.Layer layer() {
        if (definition.latent().isPresent()) {
            return new PictureEnds(definition.latent().get(), expansion.form(), expansion.element())
                    .embed(builder, context);
        }
        Optional<Source> source = definition.ends().source();
        var handed = new LinkedHashMap<String, Value>();
        Value x;
        if (source.isPresent()) {
            var rows = new SourceRows(expansion, source.get());
            x = tokens(source.get().shared());
            if (definition.ends().head() instanceof Head.Paired) {
                handed.put(PairedRows.MET, rows.met());
                return expansion.handOn(x, handed);
            }
            Value memory = rows.memory();
            if (source.get().joined()) {
                x = new SourceRows(expansion, source.get()).inPlaceOfFirst(x, memory);
            }
            if (expansion.crosses()) {
                handed.put(BlockContext.MEMORY, memory);
            }
        } else {
            x = definition.ends().signal().map(this::signal).orElseGet(() -> tokens(false));
        }
        RelativeBias.shared(definition, context)
                .ifPresent(type -> handed.put(
                        BlockContext.RELATIVE, context.parameter("relative", type.dims(), context.weight())));
        return expansion.handOn(x, handed);
    }

    private Value signal(Signal signal) {
        Value x = switch (signal) {
            case Signal.Picture picture -> new SignalRows(expansion).ofPicture(picture);
            case Signal.Sound sound -> new SignalRows(expansion).ofSound(sound);
        };
        return definition.embedNorm() ? context.normalize("norm", x, expansion.width()) : x;
    }

    /** The table that a tied output is: the source's where both models share one. */
    static String tableOf(ModelDefinition definition) {
        return (definition.sharesSourcesTable() ? ExpandModel.SOURCE : "") + "embed." + TABLE;
    }

    /** The elements of a token table that is narrower than the model. */
    static Dim narrow(ModelDefinition definition) {
        return Dim.of(Names.EMBED_WIDTH, definition.ends().embedWidth());
    }

    /** The same elements under another dim's name. */
    static Value renamed(BlockContext context, Value x, Dim from, Dim to) {
        return context.builder().one(x.name() + "_as_" + to.name(), new Regroup(List.of(from), List.of(to)), x);
    }

    /** A token's row of the model's table, as its first layer sees it but for where it stands: [sequence, batch, width]. */
    Value row(Value tokens) {
        Value table = sharedTable(Dim.of(Names.VOCAB, definition.vocab()), expansion.width());
        Value x = builder.one("embedded", new Gather(Names.VOCAB, Optional.empty()), tokens, table);
        return scaled(x);
    }

    private Value scaled(Value x) {
        double scale = definition.multipliers().embed();
        return scale == 1 ? x : context.map("scaled", Scalars.multiply(Scalars.constant(scale), Scalars.arg(0)), x);
    }

    private Value tokens(boolean shared) {
        boolean narrow = definition.ends().embedWidth() > 0;
        Dim columns = narrow ? narrow(definition) : expansion.width();
        Dim vocab = Dim.of(Names.VOCAB, definition.vocab());
        Value tokens = context.tokens();
        Value table = shared ? sharedTable(vocab, columns) : parameter(TABLE, vocab, columns);
        Value x = builder.one("embedded", new Gather(Names.VOCAB, Optional.empty()), tokens, table);
        x = scaled(x);
        if (narrow && definition.ends().projectsFirst()) {
            return added(up(x, columns, false), expansion.width());
        }
        x = added(x, columns);
        return narrow ? up(x, columns, true) : x;
    }

    private Value added(Value x, Dim columns) {
        Value typed = typed(placed(x, columns), columns);
        return definition.embedNorm() ? context.normalize("norm", typed, columns) : typed;
    }

    private Value up(Value x, Dim columns, boolean bias) {
        return context.project("up", x, List.of(columns), List.of(expansion.width()), bias, context.weight());
    }

    private Value sharedTable(Dim vocab, Dim columns) {
        String table = tableOf(definition);
        TensorType type = TensorType.of(expansion.element(), vocab, columns);
        return builder.tiedParameter(
                TABLE, type, context.weight(), table, definition.adaptation().trains(table));
    }

    private Value parameter(String name, Dim... dims) {
        return expansion.parameter("embed", name, context.weight(), dims);
    }

    private Value placed(Value x, Dim columns) {
        boolean learned = definition.positions() == Positions.LEARNED;
        boolean waves = definition.positions() == Positions.SINUSOIDAL || definition.positions() == Positions.WAVES;
        if (!learned && !waves) {
            return x;
        }
        Dim rows = Dim.of(Names.POSITIONS, definition.positionRows());
        Value table = learned
                ? parameter("position_table", rows, columns)
                : builder.parameter(
                        "position_table", TensorType.of(expansion.element(), rows, columns), Initializer.line(), false);
        Value position =
                builder.one("position", new Gather(Names.POSITIONS, Optional.empty()), context.positions(), table);
        return context.map("placed", sum(), x, position);
    }

    private Value typed(Value x, Dim columns) {
        int types = definition.ends().tokenTypes();
        if (types == 0) {
            return x;
        }
        Value kinds = builder.input(
                Input.Source.TOKEN_TYPES, "token_types", expansion.form().tokens(ElementType.I32));
        Value table = parameter("type_table", Dim.of(Names.TOKEN_TYPES, types), columns);
        Value kind = builder.one("kind", new Gather(Names.TOKEN_TYPES, Optional.empty()), kinds, table);
        return context.map("typed", sum(), x, kind);
    }

    private static ScalarExpr sum() {
        return Scalars.add(Scalars.arg(0), Scalars.arg(1));
    }
}
