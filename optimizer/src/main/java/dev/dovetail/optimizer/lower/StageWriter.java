package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Instruction.Channel;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.lower.StageLayout.RunPlace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the schedule of one stage: its passes over chunks of layers, and what follows them once a step. */
final class StageWriter implements PipelineOrder.PassWriter {
    private static final String LAYER = "layer";

    private final StageLayout layout;
    private final PipelineOrder order;
    private final boolean training;
    private final Map<String, Body> bodies;

    /**
     * @param training false where only the forward half runs and nothing is kept for a backward pass
     * @param bodies collects every body called
     */
    StageWriter(StageLayout layout, PipelineOrder order, boolean training, Map<String, Body> bodies) {
        this.layout = layout;
        this.order = order;
        this.training = training;
        this.bodies = bodies;
    }

    @Override
    public Schedule write(PipelineOrder.Kind kind, int chunk, IndexExpr microbatch) {
        return switch (kind) {
            case FORWARD -> forwardPass(chunk);
            case BACKWARD -> backwardPass(chunk);
            case WEIGHT_GRADIENTS -> weightGradients(chunk);
        };
    }

    private static IndexExpr variable(String name) {
        return IndexExpr.variable(name);
    }

    /** The slots of the current micro-batch; of held-out text one is alive at a time, wherever it is in training. */
    private ActivationSlots.Slot slot(int chunk) {
        IndexExpr first = IndexExpr.of(0);
        return training
                ? layout.slots().slots().get(chunk)
                : new ActivationSlots.Slot(
                        first, IndexExpr.of(layout.kept(chunk).saved()), first);
    }

    private Schedule forwardPass(int chunk) {
        var parts = new ArrayList<Schedule>();
        if (order.receivesForward(chunk)) {
            IndexExpr input = inputOf(chunk, layout.runs().get(chunk).getFirst(), IndexExpr.of(0));
            int sender = order.distanceBefore(chunk);
            parts.add(transfer(
                    "receive_activation_" + chunk, false, Channel.ACTIVATION, sender, chunk, input, taken(chunk)));
        }
        List<RunPlace> runs = layout.runs().get(chunk);
        for (int r = 0; r < runs.size(); r++) {
            parts.addAll(forwardRun(chunk, runs.get(r), lastOutput(chunk, r)));
        }
        if (order.sendsForward(chunk)) {
            parts.add(transfer(
                    "send_activation_" + chunk,
                    true,
                    Channel.ACTIVATION,
                    order.distanceBehind(chunk),
                    order.chunkBehind(chunk),
                    streamBuffer(0),
                    given(chunk)));
        }
        if (!training) {
            runs.stream().filter(StageWriter::hasBackward).forEach(place -> parts.add(discard(chunk, place)));
        }
        return Schedule.sequence(parts);
    }

    /** What a chunk's first layer takes in. */
    private List<TensorType> taken(int chunk) {
        return layout.runs().get(chunk).getFirst().run().layer().stream();
    }

    /** What a chunk's last layer hands on. */
    private List<TensorType> given(int chunk) {
        return layout.runs().get(chunk).getLast().run().layer().handedOn();
    }

    private static boolean hasBackward(RunPlace place) {
        return place.run().layer().kind().hasBackward();
    }

    /** Where the last layer of a run puts its output, where that is not where one more layer of the run would read it. */
    private Optional<IndexExpr> lastOutput(int chunk, int run) {
        List<RunPlace> runs = layout.runs().get(chunk);
        if (run == runs.size() - 1) {
            return order.sendsForward(chunk) ? Optional.of(streamBuffer(0)) : Optional.empty();
        }
        boolean turns = hasBackward(runs.get(run + 1)) && !keepAlike(runs.get(run), runs.get(run + 1));
        return turns ? Optional.of(streamOf(chunk, runs.get(run + 1), IndexExpr.of(0))) : Optional.empty();
    }

    /** Whether one run's layers keep what they take in where one more layer of the other would. */
    private static boolean keepAlike(RunPlace one, RunPlace other) {
        return hasBackward(one)
                && one.run().layer().besideBytes() > 0 == other.run().layer().besideBytes() > 0
                && one.run().layer().keepsStreamsLate() == other.run().layer().keepsStreamsLate();
    }

    private List<Schedule> forwardRun(int chunk, RunPlace place, Optional<IndexExpr> lastOutput) {
        int count = place.run().count();
        int inner = lastOutput.isPresent() ? count - 1 : count;
        var parts = new ArrayList<Schedule>();
        if (inner > 0) {
            IndexExpr next = inputOf(chunk, place, variable(LAYER).plus(1));
            parts.add(repeatLayers(inner, forwardCall(chunk, place, variable(LAYER), next)));
        }
        lastOutput.ifPresent(at -> parts.add(forwardCall(chunk, place, IndexExpr.of(count - 1), at)));
        return parts;
    }

    /**
     * Where a layer reads its input: in the slot, where its backward pass finds it again; layers that have none hand the stream
     * on in two buffers by turns, the last to the first buffer.
     */
    private IndexExpr inputOf(int chunk, RunPlace place, IndexExpr layer) {
        if (hasBackward(place)) {
            return streamOf(chunk, place, layer);
        }
        int frozen = 0;
        int before = 0;
        for (RunPlace run : layout.runs().get(chunk)) {
            before = run.equals(place) ? frozen : before;
            frozen += hasBackward(run) ? 0 : run.run().count();
        }
        return alternating(layer.times(-1).plus(frozen - before));
    }

    private static Schedule repeatLayers(int count, Schedule call) {
        return new Schedule.Repeat(LAYER, count, call);
    }

    private Schedule forwardCall(int chunk, RunPlace place, IndexExpr layer, IndexExpr output) {
        var arguments = weights(place, layer);
        arguments.putAll(kept(chunk, place, layer));
        arguments.put(LayerLayout.INPUT, inputOf(chunk, place, layer));
        arguments.put(LayerBodies.OUTPUT, output);
        arguments.put(BodyBuilder.SCRATCH, IndexExpr.of(layout.scratchStart()));
        arguments.put(LayerBodies.MICROBATCH, variable(LayerBodies.MICROBATCH));
        return call(place.run().layer().forwardBody().body(), arguments);
    }

    /** Where a layer keeps what of the current micro-batch. */
    private Map<String, IndexExpr> kept(int chunk, RunPlace place, IndexExpr layer) {
        Kept each = place.run().layer().kept();
        Kept before = place.kept();
        ActivationSlots.Slot slot = slot(chunk);
        var arguments = new LinkedHashMap<String, IndexExpr>();
        boolean beside = place.run().layer().besideBytes() > 0;
        arguments.put(
                LayerLayout.SAVED,
                beside ? window(place, layer) : place(slot.saved(), before.saved(), layer, each.saved()));
        arguments.put(LayerLayout.BESIDE, besideOf(chunk, place, layer));
        arguments.put(LayerLayout.LATE, place(slot.late(), before.late(), layer, each.late()));
        arguments.put(LayerLayout.BETWEEN, place(slot.between(), before.between(), layer, each.between()));
        return arguments;
    }

    /** Of what lies beside the arena, a layer's is in one of two windows while it runs; the next takes its input in the other. */
    private IndexExpr window(RunPlace place, IndexExpr layer) {
        return layer.plus(place.turn()).remainder(2).times(layout.windowBytes()).plus(layout.windowStart());
    }

    private IndexExpr besideOf(int chunk, RunPlace place, IndexExpr layer) {
        IndexExpr slot = training ? layout.beside().slots().get(chunk).saved() : IndexExpr.of(0);
        return slot.plus(layout.besideSlots())
                .plus(place.beside())
                .plus(layer.times(place.run().layer().besideBytes()));
    }

    private IndexExpr place(IndexExpr slot, long before, IndexExpr layer, long each) {
        return slot.plus(layout.slotsStart()).plus(before).plus(layer.times(each));
    }

    /** Where a layer that has a backward pass reads its input. */
    private IndexExpr streamOf(int chunk, RunPlace place, IndexExpr layer) {
        return kept(chunk, place, layer)
                .get(place.run().layer().keepsStreamsLate() ? LayerLayout.LATE : LayerLayout.SAVED);
    }

    /** One of the two buffers that a stage passes the stream's gradient along in; the first also carries what is sent. */
    private IndexExpr streamBuffer(int which) {
        return IndexExpr.of(layout.streamStart() + which * layout.streamBytes());
    }

    private Schedule backwardPass(int chunk) {
        var parts = new ArrayList<Schedule>();
        List<RunPlace> all = layout.runs().get(chunk);
        if (order.sendsForward(chunk) && hasBackward(all.getLast())) {
            int sender = order.distanceBehind(chunk);
            parts.add(transfer(
                    "receive_gradient_" + chunk,
                    false,
                    Channel.GRADIENT,
                    sender,
                    chunk,
                    streamBuffer(0),
                    given(chunk)));
        }
        int passed = 0;
        for (RunPlace place :
                all.reversed().stream().filter(StageWriter::hasBackward).toList()) {
            parts.add(backwardRun(chunk, place, passed));
            boolean isHead = StageLayout.isHead(place.run().layer());
            passed += isHead ? 0 : place.run().count();
        }
        if (order.receivesForward(chunk) && all.getFirst().run().layer().kind().passesGradient()) {
            IndexExpr last = streamBuffer(passed % 2);
            parts.add(transfer(
                    "send_gradient_" + chunk,
                    true,
                    Channel.GRADIENT,
                    order.distanceBefore(chunk),
                    order.chunkBefore(chunk),
                    last,
                    taken(chunk)));
        }
        return Schedule.sequence(parts);
    }

    /** @param passed layers that have passed the gradient on before this run, which tells the buffer it comes in */
    private Schedule backwardRun(int chunk, RunPlace place, int passed) {
        IndexExpr layer =
                IndexExpr.of(place.run().count() - 1).plus(variable(LAYER).times(-1));
        IndexExpr turn = variable(LAYER).plus(passed);
        boolean isHead = StageLayout.isHead(place.run().layer());
        var arguments = weights(place, layer);
        arguments.putAll(perBlock(place, layer, LayerBodies.GRADIENTS, place.gradients(), BlockMemory::gradients));
        arguments.putAll(kept(chunk, place, layer));
        arguments.put(LayerBodies.GRADIENT_IN, alternating(turn));
        arguments.put(LayerBodies.GRADIENT_OUT, isHead ? streamBuffer(0) : alternating(turn.plus(1)));
        arguments.put(
                BodyBuilder.SCRATCH,
                IndexExpr.of(layout.backwardScratchStart(place.run().layer())));
        arguments.put(LayerBodies.MICROBATCH, variable(LayerBodies.MICROBATCH));
        return repeatLayers(
                place.run().count(), call(place.run().layer().backwardBody().body(), arguments));
    }

    /** The second halves of the layers' backward passes, the last layer first. */
    private Schedule weightGradients(int chunk) {
        var parts = new ArrayList<Schedule>();
        for (RunPlace place : layout.runs().get(chunk).reversed()) {
            LoweredLayer lowered = place.run().layer();
            IndexExpr layer =
                    IndexExpr.of(place.run().count() - 1).plus(variable(LAYER).times(-1));
            var arguments = weights(place, layer);
            arguments.putAll(perBlock(place, layer, LayerBodies.GRADIENTS, place.gradients(), BlockMemory::gradients));
            arguments.putAll(kept(chunk, place, layer));
            arguments.put(BodyBuilder.SCRATCH, IndexExpr.of(layout.backwardScratchStart(lowered)));
            arguments.put(LayerBodies.MICROBATCH, variable(LayerBodies.MICROBATCH));
            lowered.weightsBody()
                    .ifPresent(body -> parts.add(repeatLayers(place.run().count(), call(body.body(), arguments))));
        }
        return Schedule.sequence(parts);
    }

    private IndexExpr alternating(IndexExpr turn) {
        return turn.remainder(2).times(layout.streamBytes()).plus(layout.streamStart());
    }

    private Schedule discard(int chunk, RunPlace place) {
        Map<String, IndexExpr> arguments = kept(chunk, place, variable(LAYER));
        return repeatLayers(place.run().count(), call(place.run().layer().discardBody(), arguments));
    }

    private Map<String, IndexExpr> weights(RunPlace place, IndexExpr layer) {
        return perBlock(place, layer, LayerBodies.WEIGHTS, place.weights(), BlockMemory::weights);
    }

    private interface PartOf {
        long bytes(BlockMemory memory);
    }

    /** Where each block of a layer's parameters keeps one part of its state. */
    private static Map<String, IndexExpr> perBlock(
            RunPlace place, IndexExpr layer, String variable, long start, PartOf part) {
        LoweredLayer lowered = place.run().layer();
        long stride = lowered.blocks().stream()
                .mapToLong(b -> part.bytes(BlockMemory.of(b, lowered.settings())))
                .sum();
        var arguments = new LinkedHashMap<String, IndexExpr>();
        long at = start;
        for (ParameterBlock block : lowered.blocks()) {
            arguments.put(variable + block.suffix(), layer.times(stride).plus(at));
            at += part.bytes(BlockMemory.of(block, lowered.settings()));
        }
        return arguments;
    }

    /** Keeps of the arguments those the body asks for, in its order. */
    private Schedule call(Body body, Map<String, IndexExpr> arguments) {
        bodies.putIfAbsent(body.name(), body);
        var asked = new LinkedHashMap<String, IndexExpr>();
        body.parameters().forEach(name -> asked.put(name, arguments.get(name)));
        return new Schedule.Call(body.name(), asked);
    }

    /** A body that sends or receives what goes from layer to layer; tags count micro-batches of the receiving chunk. */
    private Schedule transfer(
            String name,
            boolean sends,
            Channel channel,
            int distance,
            int receivingChunk,
            IndexExpr at,
            List<TensorType> stream) {
        String place = "buffer";
        MemoryPart part = channel == Channel.ACTIVATION && !sends ? MemoryPart.ACTIVATIONS : MemoryPart.WORKSPACE;
        var instructions = new ArrayList<Instruction>();
        long offset = 0;
        for (int i = 0; i < stream.size(); i++) {
            String called = channel.name().toLowerCase(java.util.Locale.ROOT) + (i == 0 ? "" : i);
            Buffer buffer =
                    new Buffer(called, stream.get(i), part, variable(place).plus(offset));
            offset += buffer.reserved();
            long first = ((long) i * order.chunks() + receivingChunk) * order.microbatches();
            IndexExpr tag = variable(LayerBodies.MICROBATCH).plus(first);
            if (sends) {
                instructions.add(new Instruction.Send(buffer, MeshShape.PIPELINE, distance, channel, tag));
                instructions.add(new Instruction.Free(buffer));
            } else {
                instructions.add(new Instruction.Allocate(buffer));
                instructions.add(new Instruction.Receive(buffer, MeshShape.PIPELINE, distance, channel, tag));
            }
        }
        Body body = new Body(name, Activity.TRANSFER, List.of(place, LayerBodies.MICROBATCH), instructions);
        return call(body, Map.of(place, at, LayerBodies.MICROBATCH, variable(LayerBodies.MICROBATCH)));
    }

    /** Reduces, ties and updates: what happens once a step, after the last backward pass. */
    Schedule finishStep(List<Instruction> tied) {
        var parts = new ArrayList<Schedule>();
        forEachRun(place -> parts.add(stateLoop(place, place.run().layer().reduceBody())));
        if (!tied.isEmpty()) {
            parts.add(call(new Body("tied_reduce", Activity.REDUCE, List.of(), tied), Map.of()));
        }
        forEachRun(place -> parts.add(stateLoop(place, place.run().layer().updateBody())));
        return Schedule.sequence(parts);
    }

    private void forEachRun(java.util.function.Consumer<RunPlace> action) {
        layout.runs().reversed().forEach(runs -> runs.reversed().forEach(action));
    }

    private Schedule stateLoop(RunPlace place, Body body) {
        IndexExpr layer = variable(LAYER);
        var arguments = weights(place, layer);
        arguments.putAll(perBlock(place, layer, LayerBodies.GRADIENTS, place.gradients(), BlockMemory::gradients));
        arguments.putAll(perBlock(place, layer, StateBodies.OPTIMIZER, place.optimizer(), BlockMemory::optimizer));
        arguments.put(BodyBuilder.SCRATCH, IndexExpr.of(layout.windowStart()));
        return repeatLayers(place.run().count(), call(body, arguments));
    }

    /** Where the block with this suffix of a run's only layer keeps its gradients. */
    static IndexExpr gradientsOf(RunPlace place, String suffix) {
        return perBlock(place, IndexExpr.of(0), LayerBodies.GRADIENTS, place.gradients(), BlockMemory::gradients)
                .get(LayerBodies.GRADIENTS + suffix);
    }

    /** Sets all gradients to zero before the first micro-batch. */
    Schedule zeroGradients(Instruction.Zero zero) {
        return call(new Body("zero_gradients", Activity.UPDATE, List.of(), List.of(zero)), Map.of());
    }
}
