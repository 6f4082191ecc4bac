package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Attention of two streams to both (MM-DiT, Esser et al. 2024, arXiv:2403.03206): each has projections of its own, and every row of
 * either sees all rows of both.
 *
 * @param heads of queries; each has keys of its own
 * @param normed whether queries and keys are normalised head by head
 * @param bias whether projections have one
 */
record JointAttention(Settings settings, Dim heads, Dim headDim, boolean normed, boolean bias) {
    /** Dims of a stream's queries and of its keys, after its rows. */
    private List<Dim> keyDims() {
        return List.of(Dim.of(Names.KV_HEADS, heads.bound()), headDim);
    }

    /** What is added to each stream; nothing to the second where nothing reads it behind. */
    List<Value> expand(List<BlockContext> contexts, List<Value> streams, boolean last) {
        BlockContext context = contexts.getFirst();
        var keys = new ArrayList<Value>();
        var values = new ArrayList<Value>();
        for (int i = 0; i < streams.size(); i++) {
            keys.add(normalized(contexts.get(i), "k", projected(contexts.get(i), "k", streams.get(i), keyDims())));
            values.add(projected(contexts.get(i), "v", streams.get(i), keyDims()));
        }
        Value k = JoinedRows.of(context, "k_joint", Names.JOINT, keys);
        Value v = JoinedRows.of(context, "v_joint", Names.JOINT, values);
        var added = new ArrayList<Value>();
        for (int i = 0; i < (last ? 1 : streams.size()); i++) {
            added.add(attended(contexts.get(i), streams.get(i), k, v));
        }
        if (last) {
            unread(contexts.getLast());
        }
        return added;
    }

    private Value projected(BlockContext context, String name, Value x, List<Dim> to) {
        return context.project(name, x, List.of(context.width()), to, bias, context.weight());
    }

    private Value normalized(BlockContext context, String name, Value x) {
        return normed ? context.normalize(name + "_norm", x, headDim, NormKind.RMS) : x;
    }

    private Value attended(BlockContext context, Value x, Value k, Value v) {
        Value q = normalized(context, "q", projected(context, "q", x, List.of(heads, headDim)));
        double scale = settings.real("scale").orElse(1 / Math.sqrt(headDim.bound()));
        String rows = x.type().dims().getFirst().name();
        var pattern = new AttentionPattern(
                rows, Names.JOINT, false, 0, scale, 0, 0, Optional.empty(), Optional.empty(), false);
        Value o = context.builder().one("attended", new Attend(pattern), q, k, v);
        return context.project(
                "out", o, List.of(heads, headDim), List.of(context.width()), bias, context.residualOutput());
    }

    /** Published checkpoints keep the queries of a stream that nothing reads. */
    private void unread(BlockContext context) {
        context.unread("q", List.of(context.width(), heads, headDim));
        if (bias) {
            context.unread("q_bias", List.of(heads, headDim));
        }
        if (normed) {
            context.unread("q_norm_scale", List.of(headDim));
        }
    }
}
