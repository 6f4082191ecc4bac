package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** A learned row that attends to all rows of a stream, with an mlp behind: one row for the whole (SigLIP, arXiv:2303.15343). */
public record AttentionPool(Head.Probed said) {

    private static final String PROBES = "probes";

    /** @return [batch, width] */
    public Value row(BlockContext whole, Value x) {
        BlockContext probing = whole.named(whole.prefix() + ".probe.attention");
        BlockContext behind = whole.named(whole.prefix() + ".probe.mlp");
        Value attended = attended(probing, x);
        Value normed = behind.normalize("norm", attended, whole.width());
        Value added = new MlpBlock().expand(behind, mlp(), normed);
        Value sum = whole.map("probed_sum", Scalars.add(Scalars.arg(0), Scalars.arg(1)), attended, added);
        var only = new MapReduce(Scalars.arg(0), sum.type(), List.of(PROBES), Splitting.SUM);
        return whole.builder().one("probed", only, sum);
    }

    /** The learned row under a dim of its own, since ranks share the stream's rows: [probes, batch, width]. */
    private Value attended(BlockContext context, Value x) {
        Dim sequence = x.type().dims().getFirst();
        Dim source = Dim.of(Names.SOURCE, sequence.bound());
        Value rows = context.builder().one("probed_rows", new Regroup(List.of(sequence), List.of(source)), x);
        var in = List.of(context.width());
        Value row = context.parameter("row", in, context.weight());
        Dim batch = x.type().dims().get(1);
        var type = TensorType.of(x.type().element(), Dim.of(PROBES, 1), batch, context.width());
        Value probe = context.builder().one("probe_rows", new MapOp(Scalars.arg(0), type), row);
        long headDim = context.width().bound() / said.heads();
        var heads = List.of(Dim.of(Names.HEADS, said.heads()), Dim.of(Names.HEAD_DIM, headDim));
        var keyHeads = List.of(Dim.of(Names.KV_HEADS, said.heads()), heads.getLast());
        Value q = context.project("q", probe, in, heads, true, context.weight());
        Value k = context.project("k", rows, in, keyHeads, true, context.weight());
        Value v = context.project("v", rows, in, keyHeads, true, context.weight());
        double scale = 1 / Math.sqrt(headDim);
        var pattern = new AttentionPattern(
                PROBES, Names.SOURCE, false, 0, scale, 0, 0, Optional.empty(), Optional.empty(), false);
        Value o = context.builder().one("attended", new Attend(pattern), q, k, v);
        return context.project("out", o, heads, in, true, context.residualOutput());
    }

    private Settings mlp() {
        return Settings.empty("mlp")
                .with("inner", said.inner())
                .with("activation", said.activation())
                .with("bias", "all");
    }
}
