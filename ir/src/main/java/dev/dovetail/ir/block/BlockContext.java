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

/**
 * What a block builds with: the graph under construction, the model's conventions and the pieces all blocks share.
 *
 * @param prefix the sub-layer's name within its layer, put before parameter names ({@code attention.q})
 * @param form training on whole sequences, or decoding from a cache
 */
public record BlockContext(
        GraphBuilder builder, ModelDefinition model, ExpansionForm form, ElementType element, String prefix) {

    /** Standard deviation of initial weights; GPT-2's choice, kept by the field. */
    static final double DEVIATION = 0.02;

    public Dim width() {
        return Dim.of(Names.WIDTH, model.width());
    }

    /** I32 [sequence, batch]: positions of the tokens. */
    public Value positions() {
        return builder.input(Input.Source.POSITIONS, "positions", form.tokens(ElementType.I32));
    }

    /** Initial weights of a projection that writes into the residual stream: scaled down by its depth (GPT-2). */
    public Initializer residualOutput() {
        return Initializer.normal(DEVIATION / Math.sqrt(2.0 * model.layers()));
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
        Value y = builder.one(name, new MatMul(resultDims), x, weight);
        return bias ? addBias(name, y, to) : y;
    }

    /** A parameter of the sub-layer, {@code attention.q}. */
    public Value parameter(String name, List<Dim> dims, Initializer initializer) {
        return builder.parameter(prefix + "." + name, new TensorType(element, dims), initializer);
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
        var row = TensorType.of(element, dim);
        var operands = new ArrayList<>(List.of(x));
        operands.add(builder.parameter(prefix + "." + name + "_scale", row, Initializer.ONES));
        if (kind == NormKind.LAYER) {
            operands.add(builder.parameter(prefix + "." + name + "_shift", row, Initializer.ZEROS));
        }
        return builder.apply(name, new Normalize(kind, dim.name(), model.epsilon()), operands)
                .getFirst();
    }

    BlockContext named(String subLayer) {
        return new BlockContext(builder, model, form, element, subLayer);
    }
}
