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
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a layer's values lie that outlive a body: the stream at its input and what is saved, from the variable {@code saved} on;
 * and where its backward pass has two halves, what the second needs too: of that, what the forward pass saved from the variable
 * {@code late} on, and what the first half hands over from the variable {@code between} on.
 *
 * <p>A layer without a backward pass keeps nothing: its input comes in memory that is free again after its forward pass, from
 * the variable {@code input} on.
 *
 * @param streams what comes in from the layer before in the forward graph; none where it reads only tokens
 * @param streamBuffers where it lies
 * @param passed what goes on to the next layer in the forward graph
 * @param savedForward saved values as the forward graph names them, with their places
 * @param savedBackward the same places under the names of the backward graph
 * @param saved what is free again after the backward pass, or its first half
 * @param late what the forward pass saved that is free again after the second half
 * @param between places of what the first half hands over, by the value
 * @param besideBytes of {@code saved}, where it lies beside the arena between the passes
 */
record LayerLayout(
        LocalGraph forward,
        LocalGraph backward,
        Optional<BackwardHalves> halves,
        List<ParameterBlock> blocks,
        List<Value> streams,
        List<Buffer> streamBuffers,
        List<Value> passed,
        Map<Value, Buffer> savedForward,
        Map<Value, Buffer> savedBackward,
        List<Buffer> saved,
        List<Buffer> late,
        Map<Value, Buffer> between,
        Kept kept,
        long besideBytes) {

    static final String SAVED = "saved";
    static final String LATE = "late";
    static final String BETWEEN = "between";
    static final String INPUT = "input";
    /** Where what is saved waits beside the arena. */
    static final String BESIDE = "beside";

    static LayerLayout of(
            LayerKind kind,
            TrainingGraphs graphs,
            LocalGraph forward,
            LocalGraph backward,
            Optional<BackwardHalves> halves,
            List<ParameterBlock> blocks,
            boolean mayLieBeside) {
        boolean liesBeside = mayLieBeside && kind.hasBackward() && halves.isEmpty();
        var saved = new Row(SAVED);
        var late = new Row(LATE);
        List<Value> streams = streams(forward);
        Set<Integer> readLate = halves.map(LayerLayout::readLate).orElse(Set.of());
        Row ofStreams = streams.stream().anyMatch(x -> readLate.contains(x.id())) ? late : saved;
        List<Buffer> streamBuffers = kind.hasBackward()
                ? streams.stream().map(ofStreams::add).toList()
                : side(streams, INPUT, MemoryPart.WORKSPACE);
        var savedForward = new LinkedHashMap<Value, Buffer>();
        var savedBackward = new LinkedHashMap<Value, Buffer>();
        for (Value whole : graphs.saved()) {
            Value written =
                    forward.graph().outputs().get(graphs.forward().outputs().indexOf(whole));
            Buffer buffer = (readLate.contains(whole.id()) ? late : saved).add(written);
            savedForward.put(written, buffer);
            inputWithId(backward, whole.id()).ifPresent(read -> savedBackward.put(read, buffer));
        }
        var between = new Row(BETWEEN);
        var handed = new LinkedHashMap<Value, Buffer>();
        halves.ifPresent(cut -> cut.handed().forEach(value -> handed.put(value, between.add(value))));
        List<Value> passed =
                forward.graph().outputs().subList(0, kind.forward().outputs().size());
        return new LayerLayout(
                forward,
                backward,
                halves,
                blocks,
                streams,
                streamBuffers,
                passed,
                savedForward,
                savedBackward,
                saved.buffers,
                late.buffers,
                handed,
                new Kept(liesBeside ? 0 : saved.bytes, late.bytes, between.bytes),
                liesBeside ? saved.bytes : 0);
    }

    /** Values one behind the other from a variable on. */
    private static final class Row {
        private final String variable;
        private final List<Buffer> buffers = new ArrayList<>();
        private long bytes;

        Row(String variable) {
            this.variable = variable;
        }

        Buffer add(Value value) {
            IndexExpr offset = IndexExpr.variable(variable).plus(bytes);
            Buffer buffer = new Buffer(value.name(), value.type(), MemoryPart.ACTIVATIONS, offset);
            buffers.add(buffer);
            bytes += buffer.reserved();
            return buffer;
        }
    }

    /** Ids of what the second half of the backward pass reads beside what the first hands it. */
    private static Set<Integer> readLate(BackwardHalves cut) {
        Set<Integer> handed = cut.handed().stream().map(Value::id).collect(Collectors.toSet());
        return cut.second().graph().inputs().stream()
                .map(input -> input.value().id())
                .filter(id -> !handed.contains(id))
                .collect(Collectors.toSet());
    }

    boolean liesBeside() {
        return besideBytes > 0;
    }

    /** Where a saved buffer waits beside the arena. */
    static Buffer besideOf(Buffer saved) {
        IndexExpr offset = saved.offset().substitute(java.util.Map.of(SAVED, IndexExpr.variable(BESIDE)));
        return new Buffer(saved.name() + "_beside", saved.type(), MemoryPart.ACTIVATIONS, offset);
    }

    /** Whether what comes in is free again only after the second half. */
    boolean keepsStreamsLate() {
        return late.stream().anyMatch(streamBuffers::contains);
    }

    static List<TensorType> types(List<Value> values) {
        return values.stream().map(Value::type).toList();
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
