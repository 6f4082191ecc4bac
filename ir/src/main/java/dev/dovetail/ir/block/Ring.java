package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Carried;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;

/** What a recurrent block keeps between calls while decoding: the last rows of a value, as many for any past. */
record Ring(BlockContext context, Value rows) {
    static final Carried CARRIED = new Carried(Names.RECENT, ExpansionForm.START);

    /** The ring of the last {@code length} rows of values like {@code fresh}, as the call before left it. */
    static Ring of(BlockContext context, String name, TensorType fresh, long length) {
        var dims = new ArrayList<Dim>();
        dims.add(Dim.of(Names.RECENT, length));
        dims.addAll(fresh.dims().subList(1, fresh.dims().size()));
        TensorType type = new TensorType(fresh.element(), dims);
        return new Ring(
                context, context.builder().input(Input.Source.CACHE, context.prefix() + "." + name + "_recent", type));
    }

    /** Leaves these rows for the next call; everything that reads the ring is said before. */
    void keep(Value fresh) {
        var write = new CacheWrite(Names.RECENT, Names.SEQUENCE, ExpansionForm.START, true);
        context.builder().one(rows.name() + "_kept", write, rows, fresh);
    }
}
