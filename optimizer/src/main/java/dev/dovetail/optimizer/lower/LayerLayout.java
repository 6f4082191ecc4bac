package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.shard.LocalGraph;
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
 * @param stream the layer's input in the forward graph; absent where it reads only tokens
 * @param savedForward saved values as the forward graph names them, with their places
 * @param savedBackward the same places under the names of the backward graph
 */
record LayerLayout(
        LocalGraph forward,
        LocalGraph backward,
        List<ParameterBlock> blocks,
        Optional<Value> stream,
        Map<Value, Buffer> savedForward,
        Map<Value, Buffer> savedBackward,
        List<Buffer> savedBuffers,
        long savedBytes,
        long streamBytes) {

    static final String SAVED = "saved";
    static final String INPUT = "input";

    static LayerLayout of(
            LayerKind kind,
            TrainingGraphs graphs,
            LocalGraph forward,
            LocalGraph backward,
            List<ParameterBlock> blocks) {
        var buffers = new ArrayList<Buffer>();
        Optional<Value> stream = stream(forward);
        long next = stream.filter(x -> kind.hasBackward())
                .map(x -> add(buffers, x, 0))
                .orElse(0L);
        var savedForward = new LinkedHashMap<Value, Buffer>();
        var savedBackward = new LinkedHashMap<Value, Buffer>();
        for (Value whole : graphs.saved()) {
            Value written =
                    forward.graph().outputs().get(graphs.forward().outputs().indexOf(whole));
            next = add(buffers, written, next);
            savedForward.put(written, buffers.getLast());
            inputWithId(backward, whole.id()).ifPresent(read -> savedBackward.put(read, buffers.getLast()));
        }
        long streamBytes = stream.or(() -> Optional.of(forward.graph().outputs().getFirst()))
                .map(x -> Buffer.reserved(x.type()))
                .orElseThrow();
        return new LayerLayout(
                forward, backward, blocks, stream, savedForward, savedBackward, buffers, next, streamBytes);
    }

    /** Puts a value at {@code at} bytes; returns where the next one goes. */
    private static long add(List<Buffer> buffers, Value value, long at) {
        IndexExpr offset = IndexExpr.variable(SAVED).plus(at);
        Buffer buffer = new Buffer(value.name(), value.type(), MemoryPart.ACTIVATIONS, offset);
        buffers.add(buffer);
        return at + buffer.reserved();
    }

    /** Where the layer's input lies in its forward pass. */
    Optional<Buffer> streamBuffer() {
        return stream.map(x -> savedBuffers.isEmpty()
                ? new Buffer(x.name(), x.type(), MemoryPart.WORKSPACE, IndexExpr.variable(INPUT))
                : savedBuffers.getFirst());
    }

    static Optional<Value> stream(LocalGraph local) {
        return input(local, Input.Source.STREAM).or(() -> input(local, Input.Source.FIXED_STREAM));
    }

    static Optional<Value> input(LocalGraph local, Input.Source source) {
        return local.graph().inputs().stream()
                .filter(input -> input.source() == source)
                .map(Input::value)
                .findFirst();
    }

    private static Optional<Value> inputWithId(LocalGraph local, int id) {
        return local.graph().inputs().stream()
                .filter(input ->
                        input.source() == Input.Source.SAVED && input.value().id() == id)
                .map(Input::value)
                .findFirst();
    }
}
