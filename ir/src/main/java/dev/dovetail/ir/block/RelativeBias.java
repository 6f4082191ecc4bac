package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.IndexOf;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * A number for each head and distance, added to scores (Raffel et al. 2019, arXiv:1910.10683): distances fall into buckets, near
 * ones each into their own, far ones into ever wider ones; what lies behind and ahead has halves of its own where both are seen.
 *
 * @param distance from which on all is one bucket
 * @param shared whether all layers of a model read one table
 */
public record RelativeBias(int buckets, int distance, boolean shared, boolean bothWays) {
    static final EntrySchema ENTRY = EntrySchema.of(
                    "relative", "a learned number for each head and distance is added to scores (T5)", List.of())
            .with(Schema.of(
                    "relative",
                    EntrySchema.count("buckets", "ranges of distances; 32 unless said"),
                    EntrySchema.count("distance", "from which all is one range; 128 unless said"),
                    EntrySchema.flag("shared", "one table for all layers of the model")));

    static Optional<RelativeBias> of(Settings attention) {
        return attention
                .group("relative")
                .or(() -> attention.find("relative").map(flag -> Settings.empty("relative")))
                .map(said -> new RelativeBias(
                        said.count("buckets").orElse(32L).intValue(),
                        said.count("distance").orElse(128L).intValue(),
                        said.has("shared"),
                        !attention.word("mask").orElse("causal").equals("causal")));
    }

    /** The table that all attention of a model shares: [bias_heads, buckets]; empty where none does. */
    public static Optional<TensorType> shared(ModelDefinition model, BlockContext context) {
        return model.stacks().stream()
                .flatMap(stack -> stack.subLayers().stream())
                .map(ModelDefinition.SubLayer::settings)
                .filter(settings -> of(settings).map(RelativeBias::shared).orElse(false))
                .findFirst()
                .map(settings -> of(settings)
                        .orElseThrow()
                        .table(context, settings.count("heads").orElseThrow()));
    }

    private TensorType table(BlockContext context, long heads) {
        return TensorType.of(context.element(), Dim.of(Names.BIAS_HEADS, heads), Dim.of(Names.BUCKETS, buckets));
    }

    /**
     * What is added to scores: [sequence, keys, heads].
     *
     * @param keys the dim of the keys
     */
    Value scores(BlockContext context, Dim heads, Dim keys) {
        TensorType type = table(context, heads.bound());
        Value table = shared
                ? context.handed().get(BlockContext.RELATIVE)
                : context.parameter("relative", type.dims(), context.weight());
        var named = new Regroup(List.of(type.dims().getFirst()), List.of(heads));
        Value byHead = context.builder().one("relative_heads", named, table);
        TensorType space = new TensorType(
                context.element(), List.of(context.form().sequence(), keys, Dim.of(Names.BUCKETS, buckets)));
        Value chosen = context.builder().one("bucket", new MapOp(chosen(context.form(), keys.name()), space));
        return context.builder()
                .one("bias", new MatMul(List.of(Names.SEQUENCE, keys.name(), Names.HEADS)), chosen, byHead);
    }

    /** 1 where the distance from the query to the key falls into the bucket. */
    private ScalarExpr chosen(ExpansionForm form, String keys) {
        ScalarExpr query = new IndexOf(Names.SEQUENCE);
        ScalarExpr at = form instanceof ExpansionForm.Decoding
                ? Scalars.add(query, new ScalarExpr.Symbol(ExpansionForm.START))
                : query;
        ScalarExpr ahead = Scalars.subtract(new IndexOf(keys), at);
        ScalarExpr behind = Scalars.unary(ScalarExpr.UnaryKind.NEGATE, ahead);
        ScalarExpr bucket = new IndexOf(Names.BUCKETS);
        int ranges = bothWays ? buckets / 2 : buckets;
        if (!bothWays) {
            return inside(Scalars.binary(BinaryKind.MAX, behind, Scalars.constant(0)), bucket, ranges);
        }
        ScalarExpr isSecond = not(less(bucket, Scalars.constant(ranges)));
        ScalarExpr isAhead = less(Scalars.constant(0), ahead);
        ScalarExpr sameWay = Scalars.binary(BinaryKind.EQUAL, isSecond, isAhead);
        ScalarExpr within = Scalars.select(isSecond, Scalars.subtract(bucket, Scalars.constant(ranges)), bucket);
        return Scalars.multiply(sameWay, inside(Scalars.binary(BinaryKind.MAX, ahead, behind), within, ranges));
    }

    /** Whether a distance is at least where a range begins and less than where the next does. */
    private ScalarExpr inside(ScalarExpr away, ScalarExpr range, int ranges) {
        ScalarExpr begun = not(less(away, first(range, ranges)));
        ScalarExpr isLast = Scalars.binary(BinaryKind.EQUAL, range, Scalars.constant(ranges - 1));
        ScalarExpr isBefore = less(away, first(Scalars.add(range, Scalars.constant(1)), ranges));
        return Scalars.multiply(begun, Scalars.select(isLast, Scalars.constant(1), isBefore));
    }

    /** The first distance of a range; a little less, since distances are whole and logarithms are not. */
    private ScalarExpr first(ScalarExpr range, int ranges) {
        double near = ranges / 2;
        double widening = Math.log(distance / near) / (ranges - near);
        ScalarExpr far = Scalars.multiply(
                Scalars.constant(near),
                Scalars.exp(
                        Scalars.multiply(Scalars.constant(widening), Scalars.subtract(range, Scalars.constant(near)))));
        return Scalars.subtract(
                Scalars.select(less(range, Scalars.constant(near)), range, far), Scalars.constant(1.0 / 1024));
    }

    private static ScalarExpr less(ScalarExpr a, ScalarExpr b) {
        return Scalars.binary(BinaryKind.LESS, a, b);
    }

    private static ScalarExpr not(ScalarExpr truth) {
        return Scalars.subtract(Scalars.constant(1), truth);
    }
}
