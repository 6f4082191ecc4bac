package dev.dovetail.ir.model;

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
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

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
        return builder.build(List.of(
                switch (definition.ends().head()) {
                    case Head.Tokens tokens -> tokens(context, tokens, x);
                    case Head.Features features -> context.map("features", Scalars.arg(0), x);
                    case Head.Pooled pooled -> pooled(context, pooled, x);
                    case Head.Classes classes -> classes(context, classes, x);
                }));
    }

    private boolean isJudged() {
        return expansion.form() instanceof ExpansionForm.Training training && training.judged();
    }

    private Value tokens(BlockContext context, Head.Tokens head, Value stream) {
        Value x = head.transformed() ? transformed(context, stream) : stream;
        Dim vocab = Dim.of(Names.VOCAB, definition.vocab());
        // A table that is narrower than the model takes what is projected back onto it.
        boolean narrow = definition.ends().embedWidth() > 0 && definition.tied();
        Dim columns = narrow ? Embedding.narrow(definition) : expansion.width();
        if (narrow && !head.transformed()) {
            x = context.project("down", x, List.of(expansion.width()), List.of(columns), false, context.weight());
        }
        Value table = definition.tied()
                ? tiedTable(vocab, columns)
                : expansion.parameter("head", "unembed", context.weight(), vocab, columns);
        Value logits = builder.one("logits", new MatMul(List.of(Names.SEQUENCE, Names.BATCH, Names.VOCAB)), x, table);
        if (definition.unembedBias()) {
            Value bias = expansion.parameter("head", "unembed_bias", Initializer.ZEROS, vocab);
            logits = context.map("logits_biased", Scalars.add(Scalars.arg(0), Scalars.arg(1)), logits, bias);
        }
        logits = multiplied(context, logits);
        return isJudged() ? tokenLoss(logits) : logits;
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

    /** A projection, the exact GELU and a norm. */
    private Value transformed(BlockContext context, Value x) {
        boolean narrow = definition.ends().embedWidth() > 0;
        Dim shaped = narrow ? Embedding.narrow(definition) : Dim.of(Names.SHAPED, definition.width());
        Value inner =
                context.project("transform", x, List.of(expansion.width()), List.of(shaped), true, context.weight());
        Value normed =
                context.normalize("transform_norm", context.map("transformed", Activations.geluErf(), inner), shaped);
        return narrow ? normed : Embedding.renamed(context, normed, shaped, expansion.width());
    }

    private Value pooled(BlockContext context, Head.Pooled head, Value x) {
        Value row = first(x);
        return head.shaped() ? shaped(context, row, Names.SHAPED) : row;
    }

    /** tanh of a projection, [batch, {@code to}]. */
    private Value shaped(BlockContext context, Value row, String to) {
        Dim shaped = Dim.of(Names.SHAPED, definition.width());
        Value dense = context.project("pool", row, List.of(expansion.width()), List.of(shaped), true, context.weight());
        Value squashed = context.map("pooled", Scalars.tanh(Scalars.arg(0)), dense);
        return to.equals(Names.SHAPED) ? squashed : Embedding.renamed(context, squashed, shaped, expansion.width());
    }

    private Value first(Value x) {
        ScalarExpr isFirst =
                Scalars.binary(BinaryKind.EQUAL, new ScalarExpr.IndexOf(Names.SEQUENCE), Scalars.constant(0));
        ScalarExpr row = Scalars.select(isFirst, Scalars.arg(0), Scalars.constant(0));
        return builder.one("first", new MapReduce(row, x.type(), List.of(Names.SEQUENCE), Splitting.SUM), x);
    }

    /** Scores of classes, [batch, classes], or their loss, [batch]. */
    private Value classes(BlockContext context, Head.Classes head, Value x) {
        Value row = switch (head.pool()) {
            case FIRST -> first(x);
            case MEAN -> mean(context, x);
        };
        row = head.shaped() ? shaped(context, row, Names.WIDTH) : row;
        Dim classes = Dim.of(Names.CLASSES, head.count());
        Value scores = context.project(
                "classes", row, List.of(expansion.width()), List.of(classes), head.bias(), context.weight());
        if (!isJudged()) {
            return scores;
        }
        TensorType labels = TensorType.of(ElementType.I32, expansion.form().batch());
        return entropy(scores, builder.input(Input.Source.TARGETS, "targets", labels), Names.CLASSES);
    }

    private Value mean(BlockContext context, Value x) {
        Value sum =
                builder.one("sum", new MapReduce(Scalars.arg(0), x.type(), List.of(Names.SEQUENCE), Splitting.SUM), x);
        double share = 1.0 / expansion.form().sequence().bound();
        return context.map("mean", Scalars.multiply(Scalars.constant(share), Scalars.arg(0)), sum);
    }

    private Value multiplied(BlockContext context, Value logits) {
        var multipliers = definition.multipliers();
        ScalarExpr scaled = Scalars.multiply(Scalars.constant(multipliers.logits()), Scalars.arg(0));
        double cap = multipliers.logitCap();
        ScalarExpr within = Scalars.multiply(Scalars.constant(1 / cap), scaled);
        ScalarExpr capped = cap == 0 ? scaled : Scalars.multiply(Scalars.constant(cap), Scalars.tanh(within));
        return capped.equals(Scalars.arg(0)) ? logits : context.map("logits_scaled", capped, logits);
    }

    private Value tokenLoss(Value logits) {
        TensorType targets = expansion.form().tokens(ElementType.I32);
        return entropy(logits, builder.input(Input.Source.TARGETS, "targets", targets), Names.VOCAB);
    }

    /**
     * Cross-entropy of each row of scores, in nats: log Σ exp(z − max) + max − z_target. The maximum only keeps the exponentials
     * in range and cancels, so it is detached. A negative target does not count: its loss is 0.
     *
     * @param among the dim that scores are of
     */
    private Value entropy(Value scores, Value targets, String among) {
        // In half precision a loss near ten would be told in steps of a sixteenth.
        TensorType space = scores.type().withElement(expansion.element().statistic());
        var over = List.of(among);
        ScalarExpr z = Scalars.arg(0);
        Value max = builder.one("max", new MapReduce(z, space, over, Splitting.MAX), scores);
        ScalarExpr shifted = Scalars.exp(Scalars.subtract(z, Scalars.detach(Scalars.arg(1))));
        Value total = builder.one("total", new MapReduce(shifted, space, over, Splitting.SUM), scores, max);
        ScalarExpr isTarget = Scalars.binary(BinaryKind.EQUAL, new ScalarExpr.IndexOf(among), Scalars.arg(1));
        ScalarExpr pick = Scalars.select(isTarget, z, Scalars.constant(0));
        Value picked = builder.one("picked", new MapReduce(pick, space, over, Splitting.SUM), scores, targets);
        ScalarExpr entropy = Scalars.subtract(
                Scalars.add(Scalars.log(Scalars.arg(0)), Scalars.detach(Scalars.arg(1))), Scalars.arg(2));
        ScalarExpr padding = Scalars.binary(BinaryKind.LESS, Scalars.arg(3), Scalars.constant(0));
        ScalarExpr loss = Scalars.select(padding, Scalars.constant(0), entropy);
        return builder.one("loss", new MapOp(loss, total.type()), total, max, picked, targets);
    }
}
