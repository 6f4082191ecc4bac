package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.graph.FuseMaps;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.shard.PartitionGraph;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.lower.LoweredLayer.BodyWithScratch;
import dev.dovetail.optimizer.pack.OffsetPacker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A trained model as the program of one rank that is used: up to {@code tokens} fresh tokens a call, keys and values of earlier
 * ones in a cache; or noised pictures in, what is predicted of them out. Its weights carry the names that training gives them, so
 * a checkpoint of any plan fills it.
 */
public final class LowerDecode {
    private static final String INPUT = "input";
    private static final String CACHE = "cache";

    private final Model model;
    private final ElementType element;
    private final OffsetPacker packer;
    private final AxisMap single = new AxisMap(MeshShape.TENSOR, 1, Set.of(), Optional.empty());
    private final List<DecodeLayer> layers = new ArrayList<>();

    /** A kind of layer: its parameters, its caches and its body. */
    private record DecodeLayer(
            LayerKind kind,
            Optional<ParameterBlock> block,
            List<Buffer> caches,
            long cacheBytes,
            BodyWithScratch body) {

        long weightBytes(ElementType element) {
            return block.map(b -> b.elements() * element.bytes()).orElse(0L);
        }
    }

    private LowerDecode(Model model, ElementType element, OffsetPacker packer) {
        this.model = model;
        this.element = element;
        this.packer = packer;
        model.kinds().forEach(kind -> layers.add(lower(kind)));
    }

    /**
     * @param tokens most fresh tokens a call takes
     * @param context positions the cache holds
     */
    public static Program lower(
            ModelDefinition definition, int tokens, int context, ElementType element, OffsetPacker packer) {
        var form = ExpansionForm.Decoding.of(tokens, 1, context);
        return new LowerDecode(ExpandModel.expand(definition, form, element), element, packer).program(tokens, 1);
    }

    /**
     * Without a cache.
     *
     * @param places of a sample
     * @param samples of a call
     */
    public static Program lowerWhole(
            ModelDefinition definition, int places, int samples, ElementType element, OffsetPacker packer) {
        var form = ExpansionForm.Training.predicting(places, samples);
        var model = ExpandModel.expand(definition, form, element);
        return new LowerDecode(model, element, packer).program(places, samples);
    }

    private DecodeLayer lower(LayerKind kind) {
        LocalGraph local = PartitionGraph.partition(FuseMaps.apply(kind.forward()), single, Map.of(), Set.of());
        var parameters = kind.forward().parameters();
        Optional<ParameterBlock> block = parameters.isEmpty()
                ? Optional.empty()
                : Optional.of(ParameterBlock.of(
                        "", parameters, List.of(single), Set.of(), new ParameterBlock.Copies(MeshShape.DATA, 1)));
        var builder = new BodyBuilder(kind.name() + "_decode", Activity.FORWARD);
        block.ifPresent(b -> placeParameters(builder, b));
        var caches = placeCaches(builder, local);
        List<Value> streams = LayerLayout.streams(local);
        place(builder, streams, INPUT);
        Value y = local.graph().outputs().getFirst();
        boolean isHead = kind.role() == LayerKind.Role.HEAD;
        if (!isHead) {
            place(builder, local.graph().outputs(), LayerBodies.OUTPUT);
        }
        GraphSteps.loadInputs(builder, local);
        local.graph().nodes().forEach(node -> GraphSteps.compute(builder, local, node));
        if (isHead) {
            builder.step(List.of(y), places -> new Instruction.Deliver(places.of(y)));
        }
        long cacheBytes = caches.stream().mapToLong(Buffer::reserved).sum();
        var result = builder.build(variables(kind, block, cacheBytes > 0), packer);
        return new DecodeLayer(
                kind, block, caches, cacheBytes, new BodyWithScratch(result.body(), result.scratchBytes()));
    }

    private static void place(BodyBuilder builder, List<Value> values, String variable) {
        List<Buffer> buffers = LayerLayout.side(values, variable, MemoryPart.WORKSPACE);
        for (int i = 0; i < values.size(); i++) {
            builder.place(values.get(i), buffers.get(i));
        }
    }

    private static void placeParameters(BodyBuilder builder, ParameterBlock block) {
        for (ParameterBlock.Member member : block.members()) {
            Value value = member.parameter().value();
            IndexExpr offset = IndexExpr.variable(LayerBodies.WEIGHTS)
                    .plus(member.first() * value.type().element().bytes());
            builder.place(value, new Buffer(value.name(), value.type(), MemoryPart.PARAMETERS, offset));
        }
    }

    private static List<Buffer> placeCaches(BodyBuilder builder, LocalGraph local) {
        var caches = new ArrayList<Buffer>();
        long next = 0;
        for (Input input : local.graph().inputs()) {
            if (input.source() == Input.Source.CACHE) {
                Value value = input.value();
                Buffer buffer = new Buffer(
                        value.name(),
                        value.type(),
                        MemoryPart.ACTIVATIONS,
                        IndexExpr.variable(CACHE).plus(next));
                builder.place(value, buffer);
                caches.add(buffer);
                next += buffer.reserved();
            }
        }
        return caches;
    }

    private static List<String> variables(LayerKind kind, Optional<ParameterBlock> block, boolean hasCache) {
        var names = new ArrayList<String>();
        block.ifPresent(b -> names.add(LayerBodies.WEIGHTS));
        if (hasCache) {
            names.add(CACHE);
        }
        if (kind.role() != LayerKind.Role.EMBED) {
            names.add(INPUT);
        }
        if (kind.role() != LayerKind.Role.HEAD) {
            names.add(LayerBodies.OUTPUT);
        }
        names.add(BodyBuilder.SCRATCH);
        names.add(LayerBodies.MICROBATCH);
        return names;
    }

    /** Weights, caches, two stream buffers and scratch, one after the other. */
    private record Arena(long cacheStart, long streamStart, long streamBytes, long scratchStart, long bytes) {}

    private Arena arena() {
        long weights = 0;
        long caches = 0;
        long scratch = 0;
        for (int kind : model.order()) {
            DecodeLayer layer = layers.get(kind);
            weights += layer.weightBytes(element);
            caches += layer.cacheBytes();
            scratch = Math.max(scratch, layer.body().scratchBytes());
        }
        long stream = streamBytes();
        long streamStart = weights + caches;
        return new Arena(weights, streamStart, stream, streamStart + 2 * stream, streamStart + 2 * stream + scratch);
    }

    /** The most that any layer hands on. */
    private long streamBytes() {
        return model.kinds().stream()
                .filter(kind -> kind.role() != LayerKind.Role.HEAD)
                .mapToLong(kind -> kind.forward().outputs().stream()
                        .mapToLong(value -> Buffer.reserved(value.type()))
                        .sum())
                .max()
                .orElseThrow();
    }

    private Program program(int tokens, int batch) {
        Arena arena = arena();
        var calls = new ArrayList<Schedule>();
        var state = new ArrayList<StateEntry>();
        long weights = 0;
        long cache = arena.cacheStart();
        int index = 0;
        while (index < model.order().size()) {
            DecodeLayer layer = layers.get(model.order().get(index));
            int count = runLength(index);
            calls.add(new Schedule.Repeat("layer", count, call(layer, arena, weights, cache, index)));
            for (int i = 0; i < count; i++) {
                addState(state, layer, model.layerName(index + i), weights + i * layer.weightBytes(element));
            }
            weights += count * layer.weightBytes(element);
            cache += count * layer.cacheBytes();
            index += count;
        }
        Schedule step = new Schedule.Let(LayerBodies.MICROBATCH, IndexExpr.of(0), Schedule.sequence(calls));
        return new Program(
                model.name(), MeshShape.of(1, 1, 1), element, 1, batch, tokens, List.of(rankClass(arena, step, state)));
    }

    private int runLength(int first) {
        int end = first;
        while (end < model.order().size()
                && model.order().get(end).equals(model.order().get(first))) {
            end++;
        }
        return end - first;
    }

    private Schedule call(DecodeLayer layer, Arena arena, long weights, long cache, int index) {
        IndexExpr i = IndexExpr.variable("layer");
        // Layer n reads the stream buffer that layer n - 1 wrote: they alternate.
        IndexExpr output = i.plus(index).remainder(2).times(arena.streamBytes()).plus(arena.streamStart());
        IndexExpr input =
                i.plus(index + 1).remainder(2).times(arena.streamBytes()).plus(arena.streamStart());
        var all = new LinkedHashMap<String, IndexExpr>();
        all.put(LayerBodies.WEIGHTS, i.times(layer.weightBytes(element)).plus(weights));
        all.put(CACHE, i.times(layer.cacheBytes()).plus(cache));
        all.put(INPUT, input);
        all.put(LayerBodies.OUTPUT, output);
        all.put(BodyBuilder.SCRATCH, IndexExpr.of(arena.scratchStart()));
        all.put(LayerBodies.MICROBATCH, IndexExpr.variable(LayerBodies.MICROBATCH));
        Body body = layer.body().body();
        var asked = new LinkedHashMap<String, IndexExpr>();
        body.parameters().forEach(name -> asked.put(name, all.get(name)));
        return new Schedule.Call(body.name(), asked);
    }

    private void addState(List<StateEntry> state, DecodeLayer layer, String layerName, long offset) {
        layer.block().ifPresent(block -> {
            for (ParameterBlock.Member member : block.members()) {
                Parameter parameter = member.parameter();
                state.add(new StateEntry(
                        parameter.tiedTo().orElse(layerName + "." + parameter.name()),
                        StateEntry.Kind.WEIGHT,
                        parameter.value().type(),
                        List.of(),
                        parameter.initializer(),
                        member.first(),
                        block.elements(),
                        Optional.empty(),
                        offset));
            }
        });
    }

    private RankClass rankClass(Arena arena, Schedule step, List<StateEntry> state) {
        var bodies = new LinkedHashSet<Body>();
        model.order().forEach(kind -> bodies.add(layers.get(kind).body().body()));
        var memory = new LinkedHashMap<MemoryPart, Long>();
        memory.put(MemoryPart.PARAMETERS, arena.cacheStart());
        memory.put(MemoryPart.ACTIVATIONS, arena.streamStart() - arena.cacheStart());
        memory.put(MemoryPart.WORKSPACE, arena.bytes() - arena.streamStart());
        var persistent = Stream.of(
                        region("weights", MemoryPart.PARAMETERS, 0, arena.cacheStart()),
                        region("caches", MemoryPart.ACTIVATIONS, arena.cacheStart(), arena.streamStart()),
                        region("stream", MemoryPart.WORKSPACE, arena.streamStart(), arena.scratchStart()))
                .flatMap(Optional::stream)
                .toList();
        return new RankClass(
                "decode",
                0,
                arena.bytes(),
                memory,
                persistent,
                List.copyOf(bodies),
                step,
                Schedule.sequence(List.of(step)),
                state);
    }

    /** Nothing where it is empty: a model that keeps nothing between calls has no caches. */
    private Optional<Buffer> region(String name, MemoryPart part, long from, long to) {
        return from == to
                ? Optional.empty()
                : Optional.of(new Buffer(
                        name, BlockMemory.flat(element, (to - from) / element.bytes()), part, IndexExpr.of(from)));
    }
}
