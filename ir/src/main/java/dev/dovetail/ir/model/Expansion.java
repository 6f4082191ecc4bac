package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.block.RelativeBias;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One layer of a model under construction, and what flows through it: the stream first, then what every layer reads.
 *
 * @param trainsBefore whether anything before the layer trains
 */
record Expansion(
        ModelDefinition definition,
        ExpansionForm form,
        ElementType element,
        GraphBuilder builder,
        boolean trainsBefore) {

    Dim width() {
        return Dim.of(Names.WIDTH, definition.width());
    }

    BlockContext context(String prefix) {
        return context(prefix, false, Map.of());
    }

    BlockContext context(String prefix, boolean frozen, Map<String, Value> handed) {
        return new BlockContext(builder, definition, form, element, prefix, frozen, handed);
    }

    /** A parameter of the embedding or the head, whose names stand alone. */
    Value parameter(String layer, String name, Initializer initializer, Dim... dims) {
        boolean trains = definition.adaptation().trains(layer + "." + name);
        return builder.parameter(name, TensorType.of(element, dims), initializer, trains);
    }

    /** What the layer before gave, [sequence, batch, width]. */
    Value stream() {
        return handed("x", TensorType.of(element, form.sequence(), form.batch(), width()));
    }

    Value handed(String name, TensorType type) {
        return builder.input(trainsBefore ? Input.Source.STREAM : Input.Source.FIXED_STREAM, name, type);
    }

    /** What comes in beside the stream, by name. */
    Map<String, Value> handedIn() {
        var values = new LinkedHashMap<String, Value>();
        handedTypes().forEach((name, type) -> values.put(name, handed(name, type)));
        return values;
    }

    /** What flows on from a layer: the stream, and beside it what came in. */
    List<Value> handOn(Value stream, Map<String, Value> handed) {
        var passed = new ArrayList<>(List.of(stream));
        handed.forEach((name, value) -> passed.add(context("layer").map(name + "_passed", Scalars.arg(0), value)));
        return passed;
    }

    /** What every layer reads beside the stream, in the order in which it flows. */
    Map<String, TensorType> handedTypes() {
        var types = new LinkedHashMap<String, TensorType>();
        if (definition.latent().isPresent()) {
            types.put(BlockContext.CONDITION, PictureEnds.condition(element, form, width()));
            definition.latent().get().text().ifPresent(text -> types.put(BlockContext.TEXT, text(text)));
        }
        definition
                .ends()
                .source()
                .filter(source -> crosses())
                .ifPresent(source -> types.put(BlockContext.MEMORY, memory(source)));
        RelativeBias.shared(definition, context("embed")).ifPresent(type -> types.put(BlockContext.RELATIVE, type));
        return types;
    }

    /** Text as layers read and write it: [text, batch, width]. */
    private TensorType text(Latent.Text text) {
        return TensorType.of(element, Dim.of(Names.TEXT, text.rows()), form.batch(), width());
    }

    /** What a source gave, as this model's layers read it: [source, batch, width]. */
    TensorType memory(Source source) {
        return TensorType.of(element, Dim.of(Names.SOURCE, source.rows()), form.batch(), width());
    }

    boolean crosses() {
        return definition.stacks().stream()
                .flatMap(stack -> stack.subLayers().stream())
                .map(SubLayer::settings)
                .anyMatch(settings -> settings.has("cross"));
    }
}
