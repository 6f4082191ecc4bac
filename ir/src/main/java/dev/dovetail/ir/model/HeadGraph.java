package dev.dovetail.ir.model;

import dev.dovetail.ir.block.AttentionPool;
import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Expands a model's head: the loss of each token or sequence while it trains, what it predicts otherwise. */
final class HeadGraph {
    private final Expansion expansion;
    private final ModelDefinition definition;
    private final GraphBuilder builder;

    HeadGraph(Expansion expansion) {
        this.expansion = expansion;
        this.definition = expansion.definition();
        this.builder = expansion.builder();
    }

    Graph graph() {
        BlockContext context = expansion.context("head");
        Value x = expansion.stream();
        var handed = expansion.handedIn();
        if (definition.latent().isPresent()) {
            return new PictureEnds(definition.latent().get(), expansion.form(), expansion.element())
                    .head(builder, context, x, handed.get(BlockContext.CONDITION));
        }
        if (definition.finalNorm()) {
            x = context.normalize("norm", x, expansion.width());
        }
        return builder.build(
                switch (definition.ends().head()) {
                    case Head.Tokens tokens -> tokens(context, tokens, x, FurtherLayer.streams(handed));
                    case Head.Features features -> List.of(context.map("features", Scalars.arg(0), x));
                    case Head.Pooled p -> List.of(row(context, x));
                    case Head.Projected p -> List.of(row(context, x));
                    case Head.Probed p -> List.of(row(context, x));
                    case Head.Paired paired -> List.of(paired(context, paired, x, handed.get(PairedRows.MET)));
                    case Head.Classes classes -> List.of(classes(context, classes, x));
                });
    }

    /** What the model makes of a whole sequence or picture: [batch, elements]. */
    Value row(BlockContext context, Value x) {
        return switch (definition.ends().head()) {
            case Head.Pooled pooled -> pooled(context, pooled, x);
            case Head.Projected projected -> projected(context, projected, x);
            case Head.Probed probed -> new AttentionPool(probed).row(context, x);
            case Head other -> throw new IllegalStateException("a head of no single row: " + other);
        };
    }

    private Value projected(BlockContext context, Head.Projected head, Value x) {
        var met = List.of(Dim.of(PairedRows.MET, head.width()));
        Value row = pooled(context, head.pool(), x);
        return context.project("projection", row, List.of(expansion.width()), met, head.bias(), context.weight());
    }

    private Value paired(BlockContext context, Head.Paired head, Value x, Value met) {
        return new PairedRows(context, head).scores(projected(context, head.own(), x), met);
    }

    private boolean isJudged() {
        return expansion.form() instanceof ExpansionForm.Training training && training.judged();
    }

    /**
     * The scores, or their loss, [sequence, batch]. What further tokens miss is a loss beside it, trained by and not told: the
     * first stays what it is of any model.
     */
    private List<Value> tokens(BlockContext context, Head.Tokens head, Value stream, List<Value> further) {
        Value x = head.transform()
                .map(dense -> transformed(context, dense, stream))
                .orElse(stream);
        Dim vocab = Dim.of(Names.VOCAB, definition.vocab());
        // A table that is narrower than the model takes what is projected back onto it.
        boolean narrow = definition.ends().embedWidth() > 0 && definition.tied();
        Dim columns = narrow ? Embedding.narrow(definition) : expansion.width();
        if (narrow && head.transform().isEmpty()) {
            x = context.project("down", x, List.of(expansion.width()), List.of(columns), false, context.weight());
        }
        Value table = definition.tied()
                ? tiedTable(vocab, columns)
                : expansion.parameter("head", "unembed", context.weight(), vocab, columns);
        Optional<Value> bias = definition.unembedBias()
                ? Optional.of(expansion.parameter("head", "unembed_bias", Initializer.ZEROS, vocab))
                : Optional.empty();
        Value scores = scores(context, "logits", x, table, bias);
        if (!isJudged()) {
            return List.of(scores);
        }
        Value loss = entropy("", scores, FurtherLayer.target(expansion, 0), Names.VOCAB);
        return further.isEmpty() ? List.of(loss) : List.of(loss, missed(context, head, further, table, bias));
    }

    private Value scores(BlockContext context, String name, Value x, Value table, Optional<Value> bias) {
        var dims = List.of(Names.SEQUENCE, Names.BATCH, Names.VOCAB);
        Value logits = builder.one(name, new MatMul(dims), x, table);
        Value biased = bias.map(added ->
                        context.map(name + "_biased", Scalars.add(Scalars.arg(0), Scalars.arg(1)), logits, added))
                .orElse(logits);
        return multiplied(context, name, biased);
    }

    /** The mean of what is missed of further tokens, times their weight: [sequence, batch]. */
    private Value missed(
            BlockContext context, Head.Tokens head, List<Value> further, Value table, Optional<Value> bias) {
        double share = head.further().orElseThrow().weight() / further.size();
        ScalarExpr sum = Scalars.constant(0);
        var losses = new ArrayList<Value>();
        for (Value stream : further) {
            String name = "further" + (losses.size() + 1) + "_";
            sum = Scalars.add(sum, Scalars.arg(losses.size()));
            Value scores = scores(context, name + "logits", stream, table, bias);
            losses.add(entropy(name, scores, FurtherLayer.target(expansion, losses.size() + 1), Names.VOCAB));
        }
        ScalarExpr weighted = Scalars.multiply(Scalars.constant(share), sum);
        return builder.apply(
                        "further_loss", new MapOp(weighted, losses.getFirst().type()), losses)
                .getFirst();
    }

    private Value tiedTable(Dim vocab, Dim columns) {
        String table = Embedding.tableOf(definition);
        return builder.tiedParameter(
                "unembed",
                TensorType.of(expansion.element(), vocab, columns),
                expansion.context("head").weight(),
                table,
                definition.adaptation().trains(table));
    }

    /** What stands before scores of tokens; onto columns of a narrower table where there is one. */
    private Value transformed(BlockContext context, Head.Dense dense, Value x) {
        boolean narrow = definition.ends().embedWidth() > 0;
        Dim shaped = narrow ? Embedding.narrow(definition) : Dim.of(Names.SHAPED, definition.width());
        Value made = dense(context, "transform", dense, x, shaped);
        return narrow ? made : Embedding.renamed(context, made, shaped, expansion.width());
    }

    private Value dense(BlockContext context, String name, Head.Dense dense, Value x, Dim to) {
        Value inner = context.project(name, x, List.of(expansion.width()), List.of(to), dense.bias(), context.weight());
        Value made = context.map(name + "ed", dense.function().element(), inner);
        return dense.norm() ? context.normalize(name + "_norm", made, to) : made;
    }

    private Value pooled(BlockContext context, Head.Pooled head, Value x) {
        Value row = row(x, 0);
        Dim shaped = Dim.of(Names.SHAPED, definition.width());
        return head.shaped() ? dense(context, "pool", Head.Dense.POOLER, row, shaped) : row;
    }

    /** The row that stands at a place, [batch, width]. */
    private Value row(Value x, int place) {
        ScalarExpr isThere =
                Scalars.binary(BinaryKind.EQUAL, new ScalarExpr.IndexOf(Names.SEQUENCE), Scalars.constant(place));
        ScalarExpr row = Scalars.select(isThere, Scalars.arg(0), Scalars.constant(0));
        String name = place == 0 ? "first" : "last";
        return builder.one(name, new MapReduce(row, x.type(), List.of(Names.SEQUENCE), Splitting.SUM), x);
    }

    /** Scores of classes, [batch, classes] or [sequence, batch, classes], or their loss, [batch]. */
    private Value classes(BlockContext context, Head.Classes head, Value x) {
        Value row = head.dense()
                .map(dense -> shaped(context, dense, pooled(context, head.pool(), x)))
                .orElseGet(() -> pooled(context, head.pool(), x));
        Dim classes = Dim.of(Names.CLASSES, head.count());
        Value scores = context.project(
                "classes", row, List.of(expansion.width()), List.of(classes), head.bias(), context.weight());
        if (head.pool() == Head.Pool.BOTH) {
            Value ofMean = context.project(
                    "classes_of_mean",
                    mean(context, x),
                    List.of(expansion.width()),
                    List.of(classes),
                    false,
                    context.weight());
            scores = context.map("classes_of_both", Scalars.add(Scalars.arg(0), Scalars.arg(1)), scores, ofMean);
        }
        if (!isJudged()) {
            return scores;
        }
        TensorType labels = TensorType.of(ElementType.I32, expansion.form().batch());
        return entropy("", scores, builder.input(Input.Source.TARGETS, "targets", labels), Names.CLASSES);
    }

    private Value shaped(BlockContext context, Head.Dense dense, Value row) {
        Dim shaped = Dim.of(Names.SHAPED, definition.width());
        return Embedding.renamed(context, dense(context, "pool", dense, row, shaped), shaped, expansion.width());
    }

    private Value pooled(BlockContext context, Head.Pool pool, Value x) {
        return switch (pool) {
            case FIRST, BOTH -> row(x, 0);
            case LAST -> row(x, (int) expansion.form().sequence().bound() - 1);
            case MEAN -> mean(context, x);
            case EACH -> x;
        };
    }

    private Value mean(BlockContext context, Value x) {
        Value sum =
                builder.one("sum", new MapReduce(Scalars.arg(0), x.type(), List.of(Names.SEQUENCE), Splitting.SUM), x);
        double share = 1.0 / expansion.form().sequence().bound();
        return context.map("mean", Scalars.multiply(Scalars.constant(share), Scalars.arg(0)), sum);
    }

    private Value multiplied(BlockContext context, String name, Value logits) {
        var multipliers = definition.multipliers();
        ScalarExpr scaled = Scalars.multiply(Scalars.constant(multipliers.logits()), Scalars.arg(0));
        double cap = multipliers.logitCap();
        ScalarExpr within = Scalars.multiply(Scalars.constant(1 / cap), scaled);
        ScalarExpr capped = cap == 0 ? scaled : Scalars.multiply(Scalars.constant(cap), Scalars.tanh(within));
        return capped.equals(Scalars.arg(0)) ? logits : context.map(name + "_scaled", capped, logits);
    }

    /**
     * Cross-entropy of each row of scores, in nats: log Σ exp(z − max) + max − z_target. The maximum only keeps the exponentials
     * in range and cancels, so it is detached. A negative target does not count: its loss is 0.
     *
     * @param name what names of values begin with
     * @param among the dim that scores are of
     */
    private Value entropy(String name, Value scores, Value targets, String among) {
        // In half precision a loss near ten would be told in steps of a sixteenth.
        TensorType space = scores.type().withElement(expansion.element().statistic());
        var over = List.of(among);
        ScalarExpr z = Scalars.arg(0);
        Value max = builder.one(name + "max", new MapReduce(z, space, over, Splitting.MAX), scores);
        ScalarExpr shifted = Scalars.exp(Scalars.subtract(z, Scalars.detach(Scalars.arg(1))));
        Value total = builder.one(name + "total", new MapReduce(shifted, space, over, Splitting.SUM), scores, max);
        ScalarExpr isTarget = Scalars.binary(BinaryKind.EQUAL, new ScalarExpr.IndexOf(among), Scalars.arg(1));
        ScalarExpr pick = Scalars.select(isTarget, z, Scalars.constant(0));
        Value picked = builder.one(name + "picked", new MapReduce(pick, space, over, Splitting.SUM), scores, targets);
        ScalarExpr entropy = Scalars.subtract(
                Scalars.add(Scalars.log(Scalars.arg(0)), Scalars.detach(Scalars.arg(1))), Scalars.arg(2));
        ScalarExpr padding = Scalars.binary(BinaryKind.LESS, Scalars.arg(3), Scalars.constant(0));
        ScalarExpr loss = Scalars.select(padding, Scalars.constant(0), entropy);
        return builder.one(name + "loss", new MapOp(loss, total.type()), total, max, picked, targets);
    }
}
