package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Rows of one stream behind those of another, which are its outermost dim. */
final class JoinedRows {
    private JoinedRows() {}

    /** [along, …] of values [rows, …] that differ in their rows alone. */
    static Value of(BlockContext context, String name, String along, List<Value> parts) {
        var rows =
                parts.stream().map(part -> part.type().dims().getFirst().name()).toList();
        var turned = parts.stream().map(part -> inside(context, name, part)).toList();
        Value side = context.builder().one(name + "_inside", new Join(along, rows), turned.toArray(Value[]::new));
        return outside(context, name, side);
    }

    /** Its first rows, as a dim of its own: [kept, …]. */
    static Value first(BlockContext context, String name, Dim kept, Value rows) {
        Value part = context.builder().one(name + "_inside", new Part(kept, 0), inside(context, name, rows));
        return outside(context, name, part);
    }

    private static Value inside(BlockContext context, String name, Value rows) {
        var dims = new ArrayList<>(rows.type().dims());
        dims.addLast(dims.removeFirst());
        return turned(context, name + "_turned", rows, dims);
    }

    private static Value outside(BlockContext context, String name, Value rows) {
        var dims = new ArrayList<>(rows.type().dims());
        dims.addFirst(dims.removeLast());
        return turned(context, name, rows, dims);
    }

    private static Value turned(BlockContext context, String name, Value x, List<Dim> dims) {
        var type = new TensorType(x.type().element(), dims);
        return context.builder().one(name, new MapOp(Scalars.arg(0), type), x);
    }
}
