package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One layer of a model under construction, and what flows through it: the stream first, then what every layer reads.
 *
 * @param definition as the layer sees it: as wide and as long as the stream that comes in
 * @param trainsBefore whether anything before the layer trains
 * @param flow what comes in
 */
record Expansion(
        ModelDefinition definition,
        ExpansionForm form,
        ElementType element,
        GraphBuilder builder,
        boolean trainsBefore,
        Flow flow) {

    /** The layer as wide and as long as the stream that comes in. */
    Expansion here() {
        return at(flow.types().get(Flow.STREAM));
    }

    /** The same layer where its stream has become another. */
    Expansion at(TensorType stream) {
        int columns = Math.toIntExact(stream.dim(Names.WIDTH).bound());
        int rows = Math.toIntExact(stream.dim(Names.SEQUENCE).bound());
        boolean isSame =
                columns == definition.width() && rows == form.sequence().bound();
        return isSame || !(form instanceof ExpansionForm.Training training)
                ? this
                : new Expansion(
                        definition.streaming(columns, rows),
                        training.withRows(rows),
                        element,
                        builder,
                        trainsBefore,
                        flow);
    }

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
        return handed(Flow.STREAM, flow.types().get(Flow.STREAM));
    }

    private Value handed(String name, TensorType type) {
        return builder.input(trainsBefore ? Input.Source.STREAM : Input.Source.FIXED_STREAM, name, type);
    }

    /** What comes in beside the stream, by name. */
    Map<String, Value> handedIn() {
        var values = new LinkedHashMap<String, Value>();
        flow.types().forEach((name, type) -> {
            if (!name.equals(Flow.STREAM)) {
                values.put(name, handed(name, type));
            }
        });
        return values;
    }

    /** What flows on from a layer: the stream, and beside it what came in. */
    Flow.Layer handOn(Value stream, Map<String, Value> handed) {
        var passed = new LinkedHashMap<>(Map.of(Flow.STREAM, stream));
        handed.forEach((name, value) -> passed.put(name, copied(name + "_passed", value)));
        return new Flow.Layer(builder.build(List.copyOf(passed.values())), Flow.of(passed));
    }

    private Value copied(String name, Value value) {
        return context("layer").map(name, Scalars.arg(0), value);
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
