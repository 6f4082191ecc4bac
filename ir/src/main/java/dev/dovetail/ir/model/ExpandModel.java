package dev.dovetail.ir.model;

import dev.dovetail.ir.block.AdaptiveNorm;
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
import dev.dovetail.ir.graph.Parameter;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Expands a model's definition into operators: embedding, layers, head. */
public final class ExpandModel {
    private static final String TABLE = "table";
    private static final String EMBED_TABLE = "embed." + TABLE;

    private final ModelDefinition definition;
    private final ExpansionForm form;
    private final ElementType element;

    /** Whether anything before the layer that is expanded trains. */
    private boolean trainsBefore;

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
        trainsBefore = trains(kinds.getFirst().forward());
        var indexes = new HashMap<Kind, Integer>();
        var first = new ArrayList<FirstOfKind>();
        for (Stack stack : definition.stacks()) {
            boolean trains = trainsBefore || trains(layer("layer", stack));
            for (int i = 0; i < stack.count(); i++) {
                var kind = new Kind(stack.kind(), trainsBefore);
                if (indexes.putIfAbsent(kind, indexes.size() + 1) == null) {
                    first.add(new FirstOfKind(stack, trainsBefore));
                }
                order.add(indexes.get(kind));
                trainsBefore = trains;
            }
        }
        for (FirstOfKind kind : first) {
            String name = first.size() == 1 ? "block" : "block" + kinds.size();
            trainsBefore = kind.trainsBefore();
            kinds.add(new LayerKind(name, LayerKind.Role.BLOCK, layer(name, kind.stack())));
        }
        trainsBefore = order.stream().anyMatch(index -> trains(kinds.get(index).forward()));
        kinds.add(new LayerKind("head", LayerKind.Role.HEAD, head()));
        order.add(kinds.size() - 1);
        return new Model(definition, kinds, order);
    }

    /** What tells layers apart: what they are, and whether a gradient flows on from them to what trains before. */
    private record Kind(List<SubLayer> subLayers, boolean trainsBefore) {}

    private record FirstOfKind(Stack stack, boolean trainsBefore) {}

    private static boolean trains(Graph graph) {
        return graph.parameters().stream().anyMatch(Parameter::trained);
    }

    private Value streamInput(GraphBuilder builder) {
        return builder.input(trainsBefore ? Input.Source.STREAM : Input.Source.FIXED_STREAM, "x", stream());
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
        return context(builder, prefix, false);
    }

    private BlockContext context(GraphBuilder builder, String prefix, boolean frozen) {
        return new BlockContext(builder, definition, form, element, prefix, frozen);
    }

    private Graph embed() {
        var builder = new GraphBuilder("embed");
        BlockContext context = context(builder, "embed");
        if (definition.latent().isPresent()) {
            return pictureEnds().embed(builder, context);
        }
        Value tokens = builder.input(Input.Source.TOKENS, "tokens", form.tokens(ElementType.I32));
        Value table = parameter(builder, "embed", TABLE, context.weight(), vocab(), width());
        Value x = builder.one("embedded", new Gather(Names.VOCAB, Optional.empty()), tokens, table);
        double scale = definition.multipliers().embed();
        if (scale != 1) {
            x = context.map("scaled", times(scale, Scalars.arg(0)), x);
        }
        if (definition.positions() == ModelDefinition.Positions.LEARNED) {
            Dim rows = Dim.of(Names.POSITIONS, definition.positionRows());
            Value positionTable = parameter(builder, "embed", "position_table", context.weight(), rows, width());
            Value position = builder.one(
                    "position", new Gather(Names.POSITIONS, Optional.empty()), context.positions(), positionTable);
            x = context.map("placed", sum(), x, position);
        }
        if (definition.embedNorm()) {
            x = context.normalize("norm", x, width());
        }
        return builder.build(List.of(x));
    }

    /** A parameter of the embedding or the head, whose names stand alone. */
    private Value parameter(GraphBuilder builder, String layer, String name, Initializer initializer, Dim... dims) {
        boolean trains = definition.adaptation().trains(layer + "." + name);
        return builder.parameter(name, TensorType.of(element, dims), initializer, trains);
    }

    private static ScalarExpr sum() {
        return Scalars.add(Scalars.arg(0), Scalars.arg(1));
    }

    private Graph layer(String name, Stack stack) {
        var builder = new GraphBuilder(name);
        Value x = streamInput(builder);
        Optional<Value> condition = definition.latent().map(latent -> conditionInput(builder));
        Value before = x;
        Value normed = x;
        boolean fixed = !definition.adaptation().trains("layers");
        Set<String> used = new HashSet<>();
        for (SubLayer subLayer : stack.subLayers()) {
            subLayer.block().validate(definition, subLayer.settings());
            BlockContext context =
                    context(builder, unique(subLayer.block().schema().name(), used), subLayer.frozen() || fixed);
            Value input = subLayer.parallel() ? before : x;
            before = input;
            normed = switch (subLayer.isModulated() ? NormPlace.NONE : subLayer.norm()) {
                case PRE, BOTH -> context.normalize("norm", input, width());
                case SHARED -> normed;
                case POST, OUT, NONE -> input;
            };
            Optional<AdaptiveNorm> adaptive =
                    condition.filter(c -> subLayer.isModulated()).map(c -> AdaptiveNorm.of(context, c));
            if (adaptive.isPresent()) {
                Value branch = subLayer.block()
                        .expand(context, subLayer.settings(), adaptive.get().modulated(input));
                x = adaptive.get().gated(x, branch);
                continue;
            }
            Value branch = subLayer.block().expand(context, subLayer.settings(), normed);
            branch = switch (subLayer.norm()) {
                case OUT -> context.normalize("norm", branch, width());
                case BOTH -> context.normalize("out_norm", branch, width());
                case PRE, POST, SHARED, NONE -> branch;
            };
            x = subLayer.residual() ? context.map("stream", added(), x, branch) : branch;
            x = subLayer.norm() == NormPlace.POST ? context.normalize("norm", x, width()) : x;
        }
        var passed = new ArrayList<>(List.of(x));
        condition.ifPresent(c -> passed.add(context(builder, "layer").map("condition_passed", Scalars.arg(0), c)));
        return builder.build(passed);
    }

    private PictureEnds pictureEnds() {
        return new PictureEnds(definition.latent().orElseThrow(), form, element);
    }

    private Value conditionInput(GraphBuilder builder) {
        return builder.input(
                trainsBefore ? Input.Source.STREAM : Input.Source.FIXED_STREAM,
                "condition",
                PictureEnds.condition(element, form, width()));
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
        Value x = streamInput(builder);
        if (definition.latent().isPresent()) {
            return pictureEnds().head(builder, context, x, conditionInput(builder));
        }
        if (definition.finalNorm()) {
            x = context.normalize("norm", x, width());
        }
        TensorType tableType = TensorType.of(element, vocab(), width());
        Value table = definition.tied()
                ? builder.tiedParameter(
                        "unembed",
                        tableType,
                        context.weight(),
                        EMBED_TABLE,
                        definition.adaptation().trains(EMBED_TABLE))
                : parameter(builder, "head", "unembed", context.weight(), vocab(), width());
        Value logits = builder.one("logits", new MatMul(List.of(Names.SEQUENCE, Names.BATCH, Names.VOCAB)), x, table);
        if (definition.unembedBias()) {
            Value bias = parameter(builder, "head", "unembed_bias", Initializer.ZEROS, vocab());
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
