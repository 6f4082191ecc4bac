package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a layer's values lie that outlive a body: the stream at its input and what is saved, from the variable {@code saved} on.
 *
 * <p>A layer without a backward pass keeps nothing: its input comes in memory that is free again after its forward pass, from
 * the variable {@code input} on.
 *
 * @param streams what comes in from the layer before in the forward graph; none where it reads only tokens
 * @param passed what goes on to the next layer in the forward graph
 * @param savedForward saved values as the forward graph names them, with their places
 * @param savedBackward the same places under the names of the backward graph
 */
record LayerLayout(
        LocalGraph forward,
        LocalGraph backward,
        List<ParameterBlock> blocks,
        List<Value> streams,
        List<Value> passed,
        Map<Value, Buffer> savedForward,
        Map<Value, Buffer> savedBackward,
        List<Buffer> savedBuffers,
        long savedBytes) {

    static final String SAVED = "saved";
    static final String INPUT = "input";

    static LayerLayout of(
            LayerKind kind,
            TrainingGraphs graphs,
            LocalGraph forward,
            LocalGraph backward,
            List<ParameterBlock> blocks) {
        var buffers = new ArrayList<Buffer>();
        List<Value> streams = streams(forward);
        long next = 0;
        for (Value x : kind.hasBackward() ? streams : List.<Value>of()) {
            next = add(buffers, x, next);
        }
        var savedForward = new LinkedHashMap<Value, Buffer>();
        var savedBackward = new LinkedHashMap<Value, Buffer>();
        for (Value whole : graphs.saved()) {
            Value written =
                    forward.graph().outputs().get(graphs.forward().outputs().indexOf(whole));
            next = add(buffers, written, next);
            savedForward.put(written, buffers.getLast());
            inputWithId(backward, whole.id()).ifPresent(read -> savedBackward.put(read, buffers.getLast()));
        }
        List<Value> passed =
                forward.graph().outputs().subList(0, kind.forward().outputs().size());
        return new LayerLayout(forward, backward, blocks, streams, passed, savedForward, savedBackward, buffers, next);
    }

    /** Puts a value at {@code at} bytes; returns where the next one goes. */
    private static long add(List<Buffer> buffers, Value value, long at) {
        IndexExpr offset = IndexExpr.variable(SAVED).plus(at);
        Buffer buffer = new Buffer(value.name(), value.type(), MemoryPart.ACTIVATIONS, offset);
        buffers.add(buffer);
        return at + buffer.reserved();
    }

    /** Where what comes in lies in the forward pass. */
    List<Buffer> streamBuffers() {
        return savedBuffers.isEmpty()
                ? side(streams, INPUT, MemoryPart.WORKSPACE)
                : savedBuffers.subList(0, streams.size());
    }

    /** The types of what is handed from layer to layer. */
    List<TensorType> streamTypes() {
        return (streams.isEmpty() ? passed : streams).stream().map(Value::type).toList();
    }

    /** Values one behind the other from a variable on: what a layer takes in or hands on. */
    static List<Buffer> side(List<Value> values, String variable, MemoryPart part) {
        var buffers = new ArrayList<Buffer>();
        long at = 0;
        for (Value value : values) {
            buffers.add(new Buffer(
                    value.name(),
                    value.type(),
                    part,
                    IndexExpr.variable(variable).plus(at)));
            at += buffers.getLast().reserved();
        }
        return buffers;
    }

    static List<Value> streams(LocalGraph local) {
        return local.graph().inputs().stream()
                .filter(input -> input.source() == Input.Source.STREAM || input.source() == Input.Source.FIXED_STREAM)
                .map(Input::value)
                .toList();
    }

    static List<Value> inputs(LocalGraph local, Input.Source source) {
        return local.graph().inputs().stream()
                .filter(input -> input.source() == source)
                .map(Input::value)
                .toList();
    }

    private static Optional<Value> inputWithId(LocalGraph local, int id) {
        return local.graph().inputs().stream()
                .filter(input ->
                        input.source() == Input.Source.SAVED && input.value().id() == id)
                .map(Input::value)
                .findFirst();
    }
}
