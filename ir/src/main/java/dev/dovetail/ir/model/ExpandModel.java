package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Expands a model's definition into operators: embedding, layers, head. */
public final class ExpandModel {
    private static final String TABLE = "table";

    private final ModelDefinition definition;
    private final ExpansionForm form;
    private final ElementType element;

    private ExpandModel(ModelDefinition definition, ExpansionForm form, ElementType element) {
        this.definition = definition;
        this.form = form;
        this.element = element;
    }

    /** Throws {@link dev.dovetail.ir.block.BlockException} where a sub-layer's settings cannot be. */
    public static Model expand(ModelDefinition definition, ExpansionForm form, ElementType element) {
        return new ExpandModel(definition, form, element).model();
    }

    private Model model() {
        var kinds = new ArrayList<LayerKind>();
        var order = new ArrayList<Integer>();
        kinds.add(new LayerKind("embed", LayerKind.Role.EMBED, embed()));
        order.add(0);
        var indexes = new HashMap<List<SubLayer>, Integer>();
        for (Stack kind : definition.kinds()) {
            String name = definition.kinds().size() == 1 ? "block" : "block" + kinds.size();
            indexes.put(kind.kind(), kinds.size());
            kinds.add(new LayerKind(name, LayerKind.Role.BLOCK, layer(name, kind)));
        }
        for (Stack stack : definition.stacks()) {
            order.addAll(Collections.nCopies(stack.count(), indexes.get(stack.kind())));
        }
        kinds.add(new LayerKind("head", LayerKind.Role.HEAD, head()));
        order.add(kinds.size() - 1);
        return new Model(definition, kinds, order);
    }

    private Dim width() {
        return Dim.of(Names.WIDTH, definition.width());
    }

    private Dim vocab() {
        return Dim.of(Names.VOCAB, definition.vocab());
    }

    private TensorType stream() {
        return TensorType.of(element, form.sequence(), form.batch(), width());
    }

    private BlockContext context(GraphBuilder builder, String prefix) {
        return new BlockContext(builder, definition, form, element, prefix);
    }

    private Graph embed() {
        var builder = new GraphBuilder("embed");
        BlockContext context = context(builder, "embed");
        Value tokens = builder.input(Input.Source.TOKENS, "tokens", form.tokens(ElementType.I32));
        Value table = builder.parameter(TABLE, TensorType.of(element, vocab(), width()), context.weight());
        Value x = builder.one("embedded", new Gather(Names.VOCAB, Optional.empty()), tokens, table);
        double scale = definition.multipliers().embed();
        if (scale != 1) {
            x = context.map("scaled", times(scale, Scalars.arg(0)), x);
        }
        if (definition.positions() == ModelDefinition.Positions.LEARNED) {
            Dim rows = Dim.of(Names.POSITIONS, definition.positionRows());
            Value positionTable =
                    builder.parameter("position_table", TensorType.of(element, rows, width()), context.weight());
            Value position = builder.one(
                    "position", new Gather(Names.POSITIONS, Optional.empty()), context.positions(), positionTable);
            x = context.map("placed", sum(), x, position);
        }
        if (definition.embedNorm()) {
            x = context.normalize("norm", x, width());
        }
        return builder.build(List.of(x));
    }

    private static ScalarExpr sum() {
        return Scalars.add(Scalars.arg(0), Scalars.arg(1));
    }

    private Graph layer(String name, Stack stack) {
        var builder = new GraphBuilder(name);
        Value x = builder.input(Input.Source.STREAM, "x", stream());
        Value before = x;
        Value normed = x;
        Set<String> used = new HashSet<>();
        for (SubLayer subLayer : stack.subLayers()) {
            subLayer.block().validate(definition, subLayer.settings());
            BlockContext context =
                    context(builder, unique(subLayer.block().schema().name(), used));
            Value input = subLayer.parallel() ? before : x;
            before = input;
            normed = switch (subLayer.norm()) {
                case PRE, BOTH -> context.normalize("norm", input, width());
                case SHARED -> normed;
                case POST, OUT, NONE -> input;
            };
            Value branch = subLayer.block().expand(context, subLayer.settings(), normed);
            branch = switch (subLayer.norm()) {
                case OUT -> context.normalize("norm", branch, width());
                case BOTH -> context.normalize("out_norm", branch, width());
                case PRE, POST, SHARED, NONE -> branch;
            };
            x = subLayer.residual() ? context.map("stream", added(), x, branch) : branch;
            x = subLayer.norm() == NormPlace.POST ? context.normalize("norm", x, width()) : x;
        }
        return builder.build(List.of(x));
    }

    /** The stream with what a sub-layer adds to it. */
    private ScalarExpr added() {
        return Scalars.add(Scalars.arg(0), times(definition.multipliers().residual(), Scalars.arg(1)));
    }

    private static ScalarExpr times(double factor, ScalarExpr value) {
        return Scalars.multiply(Scalars.constant(factor), value);
    }

    private static String unique(String name, Set<String> used) {
        String candidate = name;
        for (int i = 2; !used.add(candidate); i++) {
            candidate = name + i;
        }
        return candidate;
    }

    private Graph head() {
        var builder = new GraphBuilder("head");
        BlockContext context = context(builder, "head");
        Value x = builder.input(Input.Source.STREAM, "x", stream());
        if (definition.finalNorm()) {
            x = context.normalize("norm", x, width());
        }
        TensorType tableType = TensorType.of(element, vocab(), width());
        Value table = definition.tied()
                ? builder.tiedParameter("unembed", tableType, context.weight(), "embed." + TABLE)
                : builder.parameter("unembed", tableType, context.weight());
        Value logits = builder.one("logits", new MatMul(List.of(Names.SEQUENCE, Names.BATCH, Names.VOCAB)), x, table);
        if (definition.unembedBias()) {
            Value bias = builder.parameter("unembed_bias", TensorType.of(element, vocab()), Initializer.ZEROS);
            logits = context.map("logits_biased", sum(), logits, bias);
        }
        logits = multiplied(context, logits);
        return builder.build(List.of(
                switch (form) {
                    case ExpansionForm.Training t -> loss(builder, logits);
                    case ExpansionForm.Decoding d -> logits;
                }));
    }

    private Value multiplied(BlockContext context, Value logits) {
        var multipliers = definition.multipliers();
        ScalarExpr scaled = times(multipliers.logits(), Scalars.arg(0));
        double cap = multipliers.logitCap();
        ScalarExpr capped = cap == 0 ? scaled : times(cap, Scalars.tanh(times(1 / cap, scaled)));
        return capped.equals(Scalars.arg(0)) ? logits : context.map("logits_scaled", capped, logits);
    }

    /**
     * Cross-entropy of each token, [sequence, batch], in nats: log Σ exp(z − max) + max − z_target. The maximum only keeps
     * the exponentials in range and cancels, so it is detached. A negative target does not count: its loss is 0.
     */
    private Value loss(GraphBuilder builder, Value logits) {
        Value targets = builder.input(Input.Source.TARGETS, "targets", form.tokens(ElementType.I32));
        // In half precision a loss near ten would be told in steps of a sixteenth.
        TensorType space = logits.type().withElement(element.statistic());
        var over = List.of(Names.VOCAB);
        ScalarExpr z = Scalars.arg(0);
        Value max = builder.one("max", new MapReduce(z, space, over, Splitting.MAX), logits);
        ScalarExpr shifted = Scalars.exp(Scalars.subtract(z, Scalars.detach(Scalars.arg(1))));
        Value total = builder.one("total", new MapReduce(shifted, space, over, Splitting.SUM), logits, max);
        ScalarExpr isTarget =
                Scalars.binary(ScalarExpr.BinaryKind.EQUAL, new ScalarExpr.IndexOf(Names.VOCAB), Scalars.arg(1));
        ScalarExpr pick = Scalars.select(isTarget, z, Scalars.constant(0));
        Value picked = builder.one("picked", new MapReduce(pick, space, over, Splitting.SUM), logits, targets);
        ScalarExpr entropy = Scalars.subtract(
                Scalars.add(Scalars.log(Scalars.arg(0)), Scalars.detach(Scalars.arg(1))), Scalars.arg(2));
        ScalarExpr padding = Scalars.binary(ScalarExpr.BinaryKind.LESS, Scalars.arg(3), Scalars.constant(0));
        ScalarExpr loss = Scalars.select(padding, Scalars.constant(0), entropy);
        return builder.one("loss", new MapOp(loss, total.type()), total, max, picked, targets);
    }
}
