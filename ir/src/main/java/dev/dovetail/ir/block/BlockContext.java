package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a block builds with: the graph under construction, the model's conventions and the pieces all blocks share.
 *
 * @param prefix the sub-layer's name within its layer, put before parameter names ({@code attention.q})
 * @param form training on whole sequences, or decoding from a cache
 * @param frozen whether no parameter of the sub-layer trains
 * @param handed what comes in beside the stream and is handed on, by name
 */
public record BlockContext(
        GraphBuilder builder,
        ModelDefinition model,
        ExpansionForm form,
        ElementType element,
        String prefix,
        boolean frozen,
        Map<String, Value> handed) {
    /** What a source's last layer gave, [source, batch, width]; sub-layers that cross read it. */
    public static final String MEMORY = "memory";

    /** What relative positions add to scores where all layers share it, [bias_heads, buckets]. */
    public static final String RELATIVE = "relative";

    /** The text that pictures are asked for by, a stream that layers write too: [text, batch, width]. */
    public static final String TEXT = "text";

    /** What pictures are conditioned on, [batch, condition]. */
    public static final String CONDITION = "condition";

    /** Standard deviation of initial weights; GPT-2's choice, kept by the field. */
    static final double DEVIATION = 0.02;

    public Dim width() {
        return Dim.of(Names.WIDTH, model.width());
    }

    /** I32 [sequence, batch]: positions of the tokens. */
    public Value positions() {
        return builder.input(Input.Source.POSITIONS, "positions", form.tokens(ElementType.I32));
    }

    /** I32 [sequence, batch]: the tokens; negative ones are padding. */
    public Value tokens() {
        Input.Source source = form instanceof ExpansionForm.Training training ? training.tokens() : Input.Source.TOKENS;
        return builder.input(source, "tokens", form.tokens(ElementType.I32));
    }

    /** Initial weights of a projection that writes into the residual stream: scaled down by its depth (GPT-2). */
    public Initializer residualOutput() {
        return Initializer.normal(DEVIATION / Math.sqrt(2.0 * model.layers()));
    }

    /** Initial weights of a short convolution. */
    public Initializer tap() {
        return Initializer.normal(0.3);
    }

    public Initializer weight() {
        return Initializer.normal(DEVIATION);
    }

    /** x · W (+ b), contracting {@code from} and giving {@code to} as the innermost dims. */
    public Value project(String name, Value x, List<Dim> from, List<Dim> to, boolean bias, Initializer initializer) {
        var weightDims = new ArrayList<>(from);
        weightDims.addAll(to);
        Value weight = parameter(name, weightDims, initializer);
        var resultDims = new ArrayList<>(
                x.type().without(from.stream().map(Dim::name).toList()).names());
        to.forEach(dim -> resultDims.add(dim.name()));
        Value y = adapted(name, x, builder.one(name, new MatMul(resultDims), x, weight), List.of(), from, to);
        return bias ? addBias(name, y, to) : y;
    }

    /**
     * y + alpha / rank · (x · A) · B where the model adapts this projection, else y. B starts at zero, so that the first
     * step computes what the model without adapters does. Several updates that were trained are mixed.
     *
     * @param y what the projection itself gives, {@code to} as its innermost dims
     * @param apart dims along which each index has factors of its own (experts)
     */
    Value adapted(String name, Value x, Value y, List<Dim> apart, List<Dim> from, List<Dim> to) {
        Adaptation adaptation = model.adaptation();
        if (adaptation.mixture().isPresent()) {
            return mixed(adaptation.mixture().get(), name, x, y, apart, from, to);
        }
        Optional<Adaptation.LowRank> adapter = adaptation.adapts(prefix + "." + name);
        if (adapter.isEmpty()) {
            return y;
        }
        Value update = update(adapter.get(), name, "", true, x, y, apart, from, to);
        ScalarExpr scaled = Scalars.multiply(Scalars.constant(adapter.get().scale()), Scalars.arg(1));
        return map(name + "_adapted", Scalars.add(Scalars.arg(0), scaled), y, update);
    }

    private Value mixed(
            Adaptation.Mixture mixture, String name, Value x, Value y, List<Dim> apart, List<Dim> from, List<Dim> to) {
        var updates = new ArrayList<Value>();
        for (int i = 0; i < mixture.adapters().size(); i++) {
            Adaptation.LowRank adapter = mixture.adapters().get(i);
            if (adapter.adapts(prefix + "." + name)) {
                Value update = update(adapter, name, "." + i, false, x, y, apart, from, to);
                ScalarExpr scaled = Scalars.multiply(Scalars.constant(adapter.scale()), Scalars.arg(0));
                updates.add(map(name + "_update_" + i, scaled, update));
            }
        }
        return updates.isEmpty() ? y : new MixedUpdates(this, name, updates, to).addedTo(y, mixture);
    }

    /** (x · A) · B, its factors called {@code name.lora_a} and {@code name.lora_b} and then {@code suffix}. */
    private Value update(
            Adaptation.LowRank adapter,
            String name,
            String suffix,
            boolean trains,
            Value x,
            Value y,
            List<Dim> apart,
            List<Dim> from,
            List<Dim> to) {
        Dim rank = Dim.of(Names.LORA_RANK, adapter.rank());
        long inputs = from.stream().mapToLong(Dim::bound).reduce(1, Math::multiplyExact);
        // The variance of the uniform numbers that peft draws (Kaiming with a = √5).
        Initializer down = Initializer.normal(1 / Math.sqrt(3.0 * inputs));
        var narrow = new ArrayList<>(
                x.type().without(from.stream().map(Dim::name).toList()).names());
        narrow.add(rank.name());
        Value a = parameter(name + ".lora_a" + suffix, joined(apart, from, List.of(rank)), down, trains);
        Value b = parameter(name + ".lora_b" + suffix, joined(apart, List.of(rank), to), Initializer.ZEROS, trains);
        Value inner = builder.one(name + "_narrow", new MatMul(narrow), x, a);
        return builder.one(name + "_update", new MatMul(y.type().names()), inner, b);
    }

    @SafeVarargs
    private static List<Dim> joined(List<Dim>... parts) {
        return Stream.of(parts).flatMap(List::stream).toList();
    }

    /** A parameter of the sub-layer, {@code attention.q}. */
    public Value parameter(String name, List<Dim> dims, Initializer initializer) {
        String path = prefix + "." + name;
        return parameter(name, dims, initializer, !frozen && model.adaptation().trains(path));
    }

    /** A parameter that nothing reads, kept because published files have it; it does not train. */
    void unread(String name, List<Dim> dims) {
        parameter(name, dims, weight(), false);
    }

    /** A parameter that trains or not, whatever is frozen around it. */
    Value parameter(String name, List<Dim> dims, Initializer initializer, boolean trains) {
        return builder.parameter(prefix + "." + name, new TensorType(element, dims), initializer, trains);
    }

    private Value addBias(String name, Value y, List<Dim> dims) {
        Value bias = parameter(name + "_bias", dims, Initializer.ZEROS);
        return map(name + "_biased", Scalars.add(Scalars.arg(0), Scalars.arg(1)), y, bias);
    }

    /** Elementwise over the dims of the first operand. */
    public Value map(String name, ScalarExpr expr, Value first, Value... rest) {
        var operands = new ArrayList<>(List.of(first));
        operands.addAll(List.of(rest));
        return builder.apply(name, new MapOp(expr, first.type()), operands).getFirst();
    }

    /** The model's norm over {@code dim}, with a scale and, for layer norm, a shift of its own. */
    public Value normalize(String name, Value x, Dim dim) {
        boolean shifted = model.norm() == NormKind.LAYER;
        return switch (model.normWeights()) {
            case ALL -> normalize(name, x, dim, model.norm());
            case SCALE -> normalize(name, shifted ? centred(name, x, dim) : x, dim, NormKind.RMS);
            case NONE -> ComposedNorm.scaled(this, name, shifted ? centred(name, x, dim) : x, List.of(dim), List.of());
        };
    }

    private Value centred(String name, Value x, Dim dim) {
        return ComposedNorm.centred(this, name, x, List.of(dim));
    }

    public Value normalize(String name, Value x, Dim dim, NormKind kind) {
        var operands = new ArrayList<>(List.of(x));
        operands.add(parameter(name + "_scale", List.of(dim), Initializer.ONES));
        if (kind == NormKind.LAYER) {
            operands.add(parameter(name + "_shift", List.of(dim), Initializer.ZEROS));
        }
        return builder.apply(name, new Normalize(kind, dim.name(), model.epsilon()), operands)
                .getFirst();
    }

    public BlockContext named(String subLayer) {
        return new BlockContext(builder, model, form, element, subLayer, frozen, handed);
    }
}
