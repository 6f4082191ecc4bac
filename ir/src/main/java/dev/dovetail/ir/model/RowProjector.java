package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.block.Source.Projector;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
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

/**
 * Rows of an encoder, brought to the width of what reads them: normalised, merged with their neighbours, projected once or more,
 * and each line of a picture ended by a row of its own.
 *
 * @param width of the model that reads them
 */
record RowProjector(BlockContext context, Projector projector, Dim width) {

    /** @param rows [source, batch, source_width] */
    Value expand(Value rows) {
        Dim own = rows.type().dims().getLast();
        Value x = normed(rows, own, false);
        List<Dim> inputs = List.of(own);
        if (projector.merge().rows() > 1) {
            x = merged(x);
            inputs = List.of(Dim.of(Names.PHASES, projector.merge().rows()), own);
            if (projector.norm().filter(Projector.Norm::merged).isPresent()) {
                Dim wide = Dim.of(Names.MERGED, projector.merge().rows() * own.bound());
                x = normed(sideBySide(x, inputs, wide), wide, true);
                inputs = List.of(wide);
            }
        }
        if (projector.merge().width() > 0) {
            Dim narrow = Dim.of(Names.NARROWED, projector.merge().width());
            x = context.project("merge", x, inputs, List.of(narrow), false, context.weight());
            inputs = List.of(narrow);
        }
        return lined(projected(x, inputs));
    }

    private GraphBuilder builder() {
        return context.builder();
    }

    private Value normed(Value x, Dim over, boolean merged) {
        return projector
                .norm()
                .filter(norm -> norm.merged() == merged)
                .map(norm -> context.normalize("norm", x, over, norm.kind()))
                .orElse(x);
    }

    /** Neighbouring rows under a dim of their own: [source, phases, batch, source_width]. */
    private Value merged(Value rows) {
        Dim all = rows.type().dims().getFirst();
        Dim phases = Dim.of(Names.PHASES, projector.merge().rows());
        Dim fewer = Dim.of(Names.SOURCE, all.bound() / phases.bound());
        return builder().one("merged", new Regroup(List.of(all), List.of(fewer, phases)), rows);
    }

    /** [source, batch, merged] */
    private Value sideBySide(Value x, List<Dim> inside, Dim wide) {
        var dims = x.type().dims();
        var type = TensorType.of(x.type().element(), dims.get(0), dims.get(2), inside.get(0), inside.get(1));
        Value turned = builder().one("merged_turned", new MapOp(Scalars.arg(0), type), x);
        return builder().one("side_by_side", new Regroup(inside, List.of(wide)), turned);
    }

    private Value projected(Value rows, List<Dim> from) {
        Value x = rows;
        List<Dim> inputs = from;
        for (String name : List.of("in", "middle").subList(0, projector.layers() > 1 ? projector.layers() - 1 : 0)) {
            // The second of three is under another name, since a product cannot tell two uses of one dim apart.
            var inner = List.of(Dim.of(name.equals("in") ? Names.INNER : Names.MIDDLE, projector.inner()));
            Value hidden = context.project(name, x, inputs, inner, projector.bias(), context.weight());
            x = MlpBlock.activated(context, projector.activation(), hidden);
            inputs = inner;
        }
        return context.project("out", x, inputs, List.of(width), projector.bias(), context.weight());
    }

    /** A learned row behind each line: [source, batch, width]. */
    private Value lined(Value rows) {
        int count = projector.lines();
        if (count == 0) {
            return rows;
        }
        Dim all = rows.type().dims().getFirst();
        Dim lines = Dim.of(Names.ROWS, count);
        Dim columns = Dim.of(Names.COLUMNS, all.bound() / count);
        Dim places = Dim.of(Names.PLACES, columns.bound() + 1);
        Value apart = builder().one("lines", new Regroup(List.of(all), List.of(lines, columns)), rows);
        ScalarExpr isIt = Scalars.binary(BinaryKind.EQUAL, new IndexOf(Names.PLACES), new IndexOf(Names.COLUMNS));
        Value choice = builder()
                .apply("line_choice", new MapOp(isIt, TensorType.of(rows.type().element(), places, columns)), List.of())
                .getFirst();
        Value longer = builder()
                .one(
                        "longer_lines",
                        new MatMul(List.of(Names.ROWS, Names.PLACES, Names.BATCH, Names.WIDTH)),
                        choice,
                        apart);
        Value end = context.parameter("line_end", List.of(width), Initializer.normal(1 / Math.sqrt(width.bound())));
        ScalarExpr isRow =
                Scalars.binary(BinaryKind.LESS, new IndexOf(Names.PLACES), Scalars.constant(columns.bound()));
        Value ended = context.map("ended", Scalars.select(isRow, Scalars.arg(0), Scalars.arg(1)), longer, end);
        Dim more = Dim.of(Names.SOURCE, all.bound() + count);
        return builder().one("lined", new Regroup(List.of(lines, places), List.of(more)), ended);
    }
}
