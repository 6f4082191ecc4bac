package dev.dovetail.ir.model;

import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.block.Source.Projector;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.IndexOf;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Map;

/** Brings what a source's last layer gave to the model that reads it. */
final class SourceRows {
    private static final String ALL_ROWS = "all_rows";

    private final Expansion expansion;
    private final Source source;
    private final GraphBuilder builder;
    private final BlockContext context;

    SourceRows(Expansion expansion, Source source) {
        this.expansion = expansion;
        this.source = source;
        this.builder = expansion.builder();
        // What the model freezes of itself is not the projector.
        ModelDefinition whole = expansion
                .definition()
                .with(
                        expansion.definition().name(),
                        Adaptation.NONE,
                        expansion.definition().origin());
        boolean frozen = source.projector().map(Projector::frozen).orElse(false);
        this.context =
                new BlockContext(builder, whole, expansion.form(), expansion.element(), "projector", frozen, Map.of());
    }

    /** [source, batch, width]; while decoding, what was kept of it. */
    Value memory() {
        return switch (expansion.form()) {
            case ExpansionForm.Training training -> projected(handedOn(training));
            case ExpansionForm.Decoding d ->
                builder.input(Input.Source.CACHE, BlockContext.MEMORY, expansion.memory(source));
        };
    }

    /** The one row that the source made of its whole input: [batch, met]. */
    Value met() {
        Expansion last = last((ExpansionForm.Training) expansion.form());
        Value x = last.stream();
        last.handedIn();
        BlockContext ofSource = last.context("source");
        Value normed = last.definition().finalNorm() ? ofSource.normalize("norm", x, last.width()) : x;
        Value row = new HeadGraph(last).row(ofSource, normed);
        Dim made = row.type().dims().getLast();
        Dim met = Dim.of(PairedRows.MET, made.bound());
        return made.name().equals(met.name()) ? row : Embedding.renamed(ofSource, row, made, met);
    }

    private Expansion last(ExpansionForm.Training form) {
        ModelDefinition encoder = source.encoder();
        return new Expansion(
                encoder,
                form.ofSource(encoder.context()),
                expansion.element(),
                builder,
                expansion.trainsBefore(),
                expansion.flow());
    }

    /** What the source's last layer gave, normalised: [source, batch, source_width]. */
    private Value handedOn(ExpansionForm.Training form) {
        ModelDefinition encoder = source.encoder();
        Expansion last = last(form);
        Value x = last.stream();
        // What its layers shared ends here.
        last.handedIn();
        boolean reads = source.unread() == 0;
        if (encoder.finalNorm()) {
            Value normed = last.context("source", !reads, Map.of()).normalize("norm", x, last.width());
            x = reads ? normed : x;
        }
        Dim width = Dim.of(Names.SOURCE_WIDTH, encoder.width());
        x = Embedding.renamed(last.context("source"), x, last.width(), width);
        Dim all = Dim.of(source.firstRow() > 0 ? ALL_ROWS : Names.SOURCE, encoder.context());
        x = builder.one("source_rows", new Regroup(List.of(last.form().sequence()), List.of(all)), x);
        return source.firstRow() > 0 ? withoutFirst(x, all) : x;
    }

    /** Without rows that stand for the whole picture. */
    private Value withoutFirst(Value x, Dim all) {
        Dim rows = Dim.of(Names.SOURCE, all.bound() - source.firstRow());
        ScalarExpr from = Scalars.add(new IndexOf(Names.SOURCE), Scalars.constant(source.firstRow()));
        ScalarExpr isIt = Scalars.binary(BinaryKind.EQUAL, new IndexOf(ALL_ROWS), from);
        Value choice = builder.apply(
                        "row_choice", new MapOp(isIt, TensorType.of(expansion.element(), rows, all)), List.of())
                .getFirst();
        return builder.one("patches", new MatMul(List.of(Names.SOURCE, Names.BATCH, Names.SOURCE_WIDTH)), choice, x);
    }

    private Value projected(Value rows) {
        Dim from = rows.type().dims().getLast();
        if (source.projector().isEmpty()) {
            return Embedding.renamed(context, rows, from, expansion.width());
        }
        return new RowProjector(context, source.projector().get(), expansion.width()).expand(rows);
    }

    /** The stream where the first tokens are the source's rows. */
    Value inPlaceOfFirst(Value x, Value memory) {
        Value positions = context.positions();
        TensorType space = TensorType.of(
                expansion.element(),
                expansion.form().sequence(),
                expansion.form().batch(),
                memory.type().dims().getFirst());
        ScalarExpr isIt = Scalars.binary(BinaryKind.EQUAL, new IndexOf(Names.SOURCE), Scalars.arg(0));
        Value choice = builder.one("place_choice", new MapOp(isIt, space), positions);
        Value rows = builder.one("placed_rows", new MatMul(x.type().names()), choice, memory);
        ScalarExpr isRow = Scalars.binary(BinaryKind.LESS, Scalars.arg(2), Scalars.constant(source.rows()));
        return context.map("joined", Scalars.select(isRow, Scalars.arg(1), Scalars.arg(0)), x, rows, positions);
    }
}
