package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.IndexOf;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * Attention as products and maps with its scores in memory: where something is added to scores that the operator that stores
 * none does not know.
 */
final class ComposedAttention {
    /** e to the power of it is zero beside any other score. */
    private static final double UNSEEN = -1e9;

    private final BlockContext context;
    private final Settings settings;
    private final Dim heads;

    private ComposedAttention(BlockContext context, Settings settings, Dim heads) {
        this.context = context;
        this.settings = settings;
        this.heads = heads;
    }

    /**
     * @param q [sequence, batch, heads, head_dim]; k and v alike
     * @return like q
     */
    static Value expand(BlockContext context, Settings settings, Dim heads, Value q, Value k, Value v) {
        var attention = new ComposedAttention(context, settings, heads);
        boolean causal = settings.word("mask").orElse("causal").equals("causal");
        return switch (context.form()) {
            case ExpansionForm.Decoding d
            when causal ->
                attention.weighed(
                        q, AttentionBlock.cached(context, d, "k", k), AttentionBlock.cached(context, d, "v", v));
            case ExpansionForm.Decoding d -> attention.weighed(q, attention.asKeys(k), attention.asKeys(v));
            case ExpansionForm.Training t -> attention.weighed(q, attention.asKeys(k), attention.asKeys(v));
        };
    }

    /** Under another name than the queries', so that a product tells the two apart. */
    private Value asKeys(Value x) {
        Dim sequence = context.form().sequence();
        var named = new Regroup(List.of(sequence), List.of(new Dim(Names.KEYS, sequence.extent())));
        return context.builder().one(x.name() + "_keys", named, x);
    }

    private Value weighed(Value q, Value k, Value v) {
        var builder = context.builder();
        Dim keys = k.type().dims().getFirst();
        var dims = List.of(Names.SEQUENCE, Names.BATCH, heads.name(), keys.name());
        Value products = builder.one("scores", new MatMul(dims), q, k);
        Value bias = RelativeBias.of(settings).orElseThrow().scores(context, heads, keys);
        double scale = settings.real("scale")
                .orElse(1 / Math.sqrt(q.type().dims().getLast().bound()));
        ScalarExpr score = Scalars.add(Scalars.multiply(Scalars.constant(scale), Scalars.arg(0)), Scalars.arg(1));
        Value scores = context.map("scores_biased", seen(score, keys), products, bias);
        TensorType space = scores.type().withElement(scores.type().element().statistic());
        var over = List.of(keys.name());
        Value max = builder.one("highest", new MapReduce(Scalars.arg(0), space, over, Splitting.MAX), scores);
        ScalarExpr raised = Scalars.exp(Scalars.subtract(Scalars.arg(0), Scalars.detach(Scalars.arg(1))));
        Value total = builder.one("total", new MapReduce(raised, space, over, Splitting.SUM), scores, max);
        ScalarExpr share = Scalars.divide(raised, Scalars.arg(2));
        Value weights = builder.one("weights", new MapOp(share, scores.type()), scores, max, total);
        return builder.one("attended", new MatMul(q.type().names()), weights, v);
    }

    private ScalarExpr seen(ScalarExpr score, Dim keys) {
        if (!settings.word("mask").orElse("causal").equals("causal")) {
            return score;
        }
        ScalarExpr query = new IndexOf(Names.SEQUENCE);
        ScalarExpr at = context.form() instanceof ExpansionForm.Decoding
                ? Scalars.add(query, new ScalarExpr.Symbol(ExpansionForm.START))
                : query;
        ScalarExpr isAhead = Scalars.binary(BinaryKind.LESS, at, new IndexOf(keys.name()));
        return Scalars.select(isAhead, Scalars.constant(UNSEEN), score);
    }
}
