package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.lower.LoweredLayer.BodyWithScratch;
import dev.dovetail.optimizer.lower.Turns.Turn;
import dev.dovetail.optimizer.pack.OffsetPacker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Writes the forward, backward, weight-gradient and discard bodies of one kind of layer.
 *
 * <p>It is one class because the bodies hand each other what is kept: what one saves, another reads, and the last discards.
 */
final class LayerBodies {
    static final String MICROBATCH = "microbatch";
    static final String WEIGHTS = "weights";
    static final String GRADIENTS = "gradients";
    static final String OUTPUT = "output";
    static final String GRADIENT_IN = "gradient_in";
    static final String GRADIENT_OUT = "gradient_out";

    private final LayerKind kind;
    private final String name;
    private final LayerSettings settings;
    private final LayerLayout layout;
    private final Map<String, Value> gradients;
    private final OffsetPacker packer;

    LayerBodies(
            LayerKind kind,
            LayerSettings settings,
            LayerLayout layout,
            Map<String, Value> gradients,
            OffsetPacker packer) {
        this.kind = kind;
        this.name = LowerLayer.bodiesOf(kind, settings);
        this.settings = settings;
        this.layout = layout;
        this.gradients = gradients;
        this.packer = packer;
    }

    BodyWithScratch forward() {
        var builder = new BodyBuilder(name + "_forward", Activity.FORWARD);
        place(layout.streams(), layout.streamBuffers(), builder::place);
        if (!kind.hasBackward()) {
            layout.streamBuffers().forEach(builder::close);
        }
        layout.savedForward().forEach(builder::open);
        Value y = layout.passed().getFirst();
        boolean isHead = kind.role() == LayerKind.Role.HEAD;
        if (!isHead) {
            place(layout.passed(), LayerLayout.side(layout.passed(), OUTPUT, MemoryPart.ACTIVATIONS), builder::open);
        }
        gatherParameters(builder, layout.forward());
        loadInputs(builder, layout.forward());
        turns(layout.forward()).forEach(turn -> take(builder, layout.forward(), turn));
        if (isHead) {
            builder.step(
                    List.of(y), places -> new Instruction.RecordLoss(places.of(y), IndexExpr.variable(MICROBATCH)));
        }
        if (layout.liesBeside()) {
            putAwaySaved(builder);
        }
        return finish(builder, variables(Activity.FORWARD));
    }

    /** What is saved leaves the arena. */
    private void putAwaySaved(BodyBuilder builder) {
        for (Buffer saved : layout.saved()) {
            Buffer beside = LayerLayout.besideOf(saved);
            builder.open(beside);
            builder.step(putAway(saved, beside));
            builder.close(saved);
        }
    }

    /** What was saved comes back. */
    private void bringBackSaved(BodyBuilder builder) {
        for (Buffer saved : layout.saved()) {
            Buffer beside = LayerLayout.besideOf(saved);
            builder.open(saved);
            builder.step(fetch(saved, beside));
            builder.close(beside);
        }
    }

    /** All of the backward pass, or its first half. */
    BodyWithScratch backward() {
        if (!kind.hasBackward()) {
            Body nothing = new Body(name + "_backward", Activity.BACKWARD, List.of(), List.of());
            return new BodyWithScratch(nothing, 0);
        }
        var builder = new BodyBuilder(name + "_backward", Activity.BACKWARD);
        LocalGraph local = layout.halves().map(BackwardHalves::first).orElse(layout.backward());
        placeStreams(builder, local);
        layout.savedBackward().forEach(builder::place);
        List<Value> flowing = LayerLayout.inputs(layout.backward(), Input.Source.GRADIENT);
        List<Buffer> taken = LayerLayout.side(flowing, GRADIENT_IN, MemoryPart.WORKSPACE);
        place(flowing, taken, builder::place);
        taken.forEach(builder::close);
        if (kind.passesGradient()) {
            List<Value> passed =
                    local.graph().outputs().subList(0, layout.streams().size());
            place(passed, LayerLayout.side(passed, GRADIENT_OUT, MemoryPart.WORKSPACE), builder::open);
        }
        if (layout.liesBeside()) {
            bringBackSaved(builder);
        }
        layout.saved().forEach(builder::close);
        gatherParameters(builder, local);
        loadInputs(builder, local);
        boolean handsOver = layout.halves().isPresent();
        accumulate(builder, local, block -> !handsOver || !scatters(block));
        layout.between().forEach((value, buffer) -> handOver(builder, value, buffer));
        return finish(builder, variables(Activity.BACKWARD));
    }

    /** A value that lies elsewhere already is copied. */
    private static void handOver(BodyBuilder builder, Value value, Buffer buffer) {
        if (!builder.isPlaced(value)) {
            builder.open(value, buffer);
            return;
        }
        Value copy = builder.scratch(value.name(), value.type());
        builder.open(copy, buffer);
        builder.step(List.of(value, copy), places -> copy(places.of(value), places.of(copy)));
    }

    /** The second half of the backward pass, where there are two. */
    Optional<BodyWithScratch> weightGradients() {
        return layout.halves().map(halves -> {
            var builder = new BodyBuilder(name + "_weight_gradients", Activity.WEIGHT_GRADIENTS);
            LocalGraph local = halves.second();
            placeStreams(builder, local);
            layout.savedBackward().forEach(builder::place);
            layout.between().forEach(builder::place);
            layout.late().forEach(builder::close);
            layout.between().values().forEach(builder::close);
            gatherParameters(builder, local);
            loadInputs(builder, local);
            accumulate(builder, local, block -> true);
            return finish(builder, variables(Activity.WEIGHT_GRADIENTS));
        });
    }

    /** Runs the graph and adds gradients of parameters in blocks that are {@code taken} to what gathers them. */
    private void accumulate(BodyBuilder builder, LocalGraph local, Predicate<ParameterBlock> taken) {
        var sinks = layout.blocks().stream()
                .filter(ParameterBlock::trains)
                .filter(taken)
                .map(block -> gradientSink(builder, block))
                .toList();
        for (Turn turn : turns(local)) {
            take(builder, local, turn);
            if (turn.kind() != Turns.Kind.BEGIN) {
                turn.node().results().forEach(result -> sinks.forEach(sink -> sink.accumulate(builder, result)));
            }
        }
        sinks.forEach(sink -> sink.finish(builder));
    }

    /** Frees what the forward pass saved. */
    Body discard() {
        var saved = layout.liesBeside() ? layout.saved().stream().map(LayerLayout::besideOf) : layout.saved().stream();
        var frees = Stream.concat(saved, layout.late().stream())
                .<Instruction>map(Instruction.Free::new)
                .toList();
        return new Body(name + "_discard", Activity.FORWARD, kept(), frees);
    }

    /** Variables from which on lies what the forward pass saves. */
    private List<String> kept() {
        if (layout.liesBeside()) {
            return List.of(LayerLayout.SAVED, LayerLayout.BESIDE);
        }
        return layout.kept().late() > 0 ? List.of(LayerLayout.SAVED, LayerLayout.LATE) : List.of(LayerLayout.SAVED);
    }

    Body reduce() {
        return new StateBodies(name, settings, layout.blocks()).reduce();
    }

    Body update() {
        return new StateBodies(name, settings, layout.blocks()).update();
    }

    private static void place(List<Value> values, List<Buffer> buffers, BiConsumer<Value, Buffer> place) {
        for (int i = 0; i < values.size(); i++) {
            place.accept(values.get(i), buffers.get(i));
        }
    }

    /** The backward pass may read only some of what came in. */
    private void placeStreams(BodyBuilder builder, LocalGraph local) {
        for (Value read : LayerLayout.streams(local)) {
            for (int i = 0; i < layout.streams().size(); i++) {
                if (layout.streams().get(i).id() == read.id()) {
                    builder.place(read, layout.streamBuffers().get(i));
                }
            }
        }
    }

    private BodyWithScratch finish(BodyBuilder builder, List<String> variables) {
        var result = builder.build(variables, packer);
        return new BodyWithScratch(result.body(), result.scratchBytes());
    }

    private List<String> variables(Activity activity) {
        boolean isForward = activity == Activity.FORWARD;
        boolean flowsBack = activity == Activity.BACKWARD;
        var names = new ArrayList<String>();
        layout.blocks().forEach(block -> names.add(WEIGHTS + block.suffix()));
        if (!isForward) {
            layout.blocks().stream()
                    .filter(ParameterBlock::trains)
                    .forEach(block -> names.add(GRADIENTS + block.suffix()));
        }
        if (kind.hasBackward()) {
            names.addAll(kept());
        } else if (!layout.streams().isEmpty()) {
            names.add(LayerLayout.INPUT);
        }
        if (!isForward && layout.halves().isPresent()) {
            names.add(LayerLayout.BETWEEN);
        }
        if (flowsBack) {
            if (kind.role() != LayerKind.Role.HEAD) {
                names.add(GRADIENT_IN);
            }
            if (kind.passesGradient()) {
                names.add(GRADIENT_OUT);
            }
        } else if (isForward && kind.role() != LayerKind.Role.HEAD) {
            names.add(OUTPUT);
        }
        names.add(BodyBuilder.SCRATCH);
        names.add(MICROBATCH);
        return names;
    }

    /** Places parameters in their blocks; sharded ones are gathered from the ranks that share them first. */
    private void gatherParameters(BodyBuilder builder, LocalGraph local) {
        var byName = new HashMap<String, Value>();
        local.graph().parameters().forEach(p -> byName.put(p.name(), p.value()));
        for (ParameterBlock block : layout.blocks()) {
            boolean isRead = block.members().stream()
                    .anyMatch(m -> byName.containsKey(m.parameter().name()));
            if (!isRead) {
                continue;
            }
            IndexExpr start = IndexExpr.variable(WEIGHTS + block.suffix());
            Optional<Value> fetched =
                    settings.beside().what().weights() ? Optional.of(fetched(builder, block, start)) : Optional.empty();
            Optional<Value> whole = settings.shards(block, Shard.PARAMETERS)
                    ? Optional.of(gathered(builder, block, start, fetched))
                    : fetched;
            for (ParameterBlock.Member member : block.members()) {
                Value value = byName.get(member.parameter().name());
                if (value != null) {
                    long bytes = member.first() * value.type().element().bytes();
                    whole.ifPresentOrElse(
                            container -> builder.inside(value, container, bytes),
                            () -> builder.place(
                                    value,
                                    new Buffer(value.name(), value.type(), MemoryPart.PARAMETERS, start.plus(bytes))));
                }
            }
        }
    }

    /** What this rank keeps of a block comes into the arena, where it lies beside. */
    private Value fetched(BodyBuilder builder, ParameterBlock block, IndexExpr beside) {
        ElementType element = settings.precision().compute();
        TensorType type = flat(element, BlockMemory.kept(block, settings, Shard.PARAMETERS));
        Value near = builder.scratch("fetched_weights" + block.suffix(), type);
        Buffer far = new Buffer("weights_beside" + block.suffix(), type, MemoryPart.PARAMETERS, beside);
        builder.step(List.of(near), places -> fetch(places.of(near), far));
        return near;
    }

    private Instruction fetch(Buffer near, Buffer far) {
        return new Instruction.Move(near, far, true, settings.beside().tier());
    }

    private Instruction putAway(Buffer near, Buffer far) {
        return new Instruction.Move(near, far, false, settings.beside().tier());
    }

    /** @param fetched this rank's shard, where it does not lie at {@code shard} in the arena */
    private Value gathered(BodyBuilder builder, ParameterBlock block, IndexExpr shard, Optional<Value> fetched) {
        ElementType element = settings.precision().compute();
        Value whole = builder.scratch("gathered_weights" + block.suffix(), flat(element, block.elements()));
        builder.step(
                Stream.concat(fetched.stream(), Stream.of(whole)).toList(),
                places -> new Instruction.FlatExchange(
                        Communication.Kind.ALL_GATHER,
                        block.copies().axis(),
                        block.copies().ranks(),
                        element,
                        MemoryPart.PARAMETERS,
                        places.of(whole).offset(),
                        fetched.map(near -> places.of(near).offset()).orElse(shard),
                        block.elements()));
        return whole;
    }

    static TensorType flat(ElementType element, long elements) {
        return TensorType.of(element, Dim.of("flat", elements));
    }

    static void loadInputs(BodyBuilder builder, LocalGraph local) {
        for (Input input : local.graph().inputs()) {
            switch (input.source()) {
                case TOKENS,
                        SOURCE_TOKENS,
                        TOKEN_TYPES,
                        SIGNAL,
                        POSITIONS,
                        TARGETS,
                        LATENTS,
                        NOISE,
                        TIMES,
                        LABELS,
                        TEXTS,
                        POOLED_TEXTS,
                        GUIDANCE ->
                    builder.step(
                            List.of(input.value()),
                            places -> new Instruction.Load(
                                    input.source(),
                                    input.ahead(),
                                    places.of(input.value()),
                                    IndexExpr.variable(MICROBATCH)));
                case STREAM, FIXED_STREAM, SAVED, GRADIENT, CACHE -> {}
            }
        }
    }

    private List<Turn> turns(LocalGraph local) {
        List<Node> nodes = local.graph().nodes();
        return settings.experts().overlap() > 1 ? Turns.overlapping(nodes) : Turns.inOrder(nodes);
    }

    private static void take(BodyBuilder builder, LocalGraph local, Turn turn) {
        switch (turn.kind()) {
            case RUN -> compute(builder, local, turn.node());
            case BEGIN -> travelling(builder, turn, exchange -> new Instruction.Begin(exchange, turn.ticket()));
            case AWAIT -> travelling(builder, turn, exchange -> new Instruction.Await(exchange, turn.ticket()));
        }
    }

    /** Operand and result are alive from where the exchange begins to where it is awaited. */
    private static void travelling(
            BodyBuilder builder, Turn turn, Function<Instruction.Exchange, Instruction> instruction) {
        Value operand = turn.node().operands().getFirst();
        Value result = turn.node().results().getFirst();
        var op = (Communication) turn.node().op();
        builder.step(
                List.of(operand, result),
                places -> instruction.apply(new Instruction.Exchange(op, places.of(operand), places.of(result))));
    }

    static void compute(BodyBuilder builder, LocalGraph local, Node node) {
        var uses = new ArrayList<>(node.operands());
        uses.addAll(node.results());
        if (node.op() instanceof Communication op) {
            exchange(builder, op, node, uses);
            return;
        }
        if (node.op() instanceof CacheWrite) {
            builder.alias(node.results().getFirst(), node.operands().getFirst());
        }
        var symbols = new LinkedHashMap<String, IndexExpr>();
        local.shardStarts()
                .forEach((symbol, start) ->
                        symbols.put(symbol, new IndexExpr.Coordinate(start.axis()).times(start.extent())));
        builder.step(
                uses,
                places -> new Instruction.Compute(
                        node.op(), buffers(node.operands(), places), buffers(node.results(), places), symbols));
    }

    private static void exchange(BodyBuilder builder, Communication op, Node node, List<Value> uses) {
        Value operand = node.operands().getFirst();
        Value result = node.results().getFirst();
        if (op.kind() == Communication.Kind.ALL_REDUCE) {
            builder.alias(result, operand);
        }
        builder.step(uses, places -> new Instruction.Exchange(op, places.of(operand), places.of(result)));
    }

    private static List<Buffer> buffers(List<Value> values, BodyBuilder.Places places) {
        return values.stream().map(places::of).toList();
    }

    private GradientSink gradientSink(BodyBuilder builder, ParameterBlock block) {
        var sum = new GradientSum(builder, block);
        return scatters(block) ? new ShardedGradients(builder, block, sum) : new WholeGradients(builder, block, sum);
    }

    /** What this rank keeps of a block's gradients: in the arena, or beside it, from where it comes to be added to and goes back. */
    private final class GradientSum {
        private final Buffer kept;
        private final Optional<Value> near;

        GradientSum(BodyBuilder builder, ParameterBlock block) {
            ElementType element = settings.precision().gradient();
            TensorType type = flat(element, BlockMemory.kept(block, settings, Shard.GRADIENTS));
            this.kept = new Buffer(
                    "gradients" + block.suffix(),
                    type,
                    MemoryPart.GRADIENTS,
                    IndexExpr.variable(GRADIENTS + block.suffix()));
            this.near = settings.keepsGradientsBeside(layout.blocks())
                    ? Optional.of(builder.scratch("fetched_gradients" + block.suffix(), type))
                    : Optional.empty();
        }

        void fetch(BodyBuilder builder) {
            near.ifPresent(
                    value -> builder.step(List.of(value), places -> LayerBodies.this.fetch(places.of(value), kept)));
        }

        void putAway(BodyBuilder builder) {
            near.ifPresent(
                    value -> builder.step(List.of(value), places -> LayerBodies.this.putAway(places.of(value), kept)));
        }

        /** Adds a stretch that begins {@code bytes} into the block. */
        void add(BodyBuilder builder, String name, Value part, TensorType type, long bytes) {
            builder.step(
                    Stream.concat(near.stream(), Stream.of(part)).toList(),
                    places -> LayerBodies.add(
                            new Buffer(
                                    name,
                                    type,
                                    MemoryPart.GRADIENTS,
                                    near.map(value -> places.of(value).offset())
                                            .orElse(kept.offset())
                                            .plus(bytes)),
                            places.of(part)));
        }
    }

    /** Whether gradients of every micro-batch are shared out among ranks. */
    private boolean scatters(ParameterBlock block) {
        return settings.shards(block, Shard.GRADIENTS);
    }

    /** Where the gradients of a block of parameters go as they are made. */
    private interface GradientSink {
        void accumulate(BodyBuilder builder, Value result);

        void finish(BodyBuilder builder);
    }

    private Optional<ParameterBlock.Member> memberOf(ParameterBlock block, Value gradient) {
        return block.members().stream()
                .filter(m -> gradient.equals(gradients.get(m.parameter().name())))
                .findFirst();
    }

    /** sum += part, both flat or of one shape. */
    private static Instruction add(Buffer sum, Buffer part) {
        var expr = Scalars.add(Scalars.arg(0), Scalars.arg(1));
        return new Instruction.Compute(new MapOp(expr, sum.type()), List.of(sum, part), List.of(sum), Map.of());
    }

    private static Instruction copy(Buffer from, Buffer to) {
        return new Instruction.Compute(new MapOp(Scalars.arg(0), to.type()), List.of(from), List.of(to), Map.of());
    }

    /** Every rank accumulates whole gradients; they are reduced once a step. */
    private final class WholeGradients implements GradientSink {
        private final ParameterBlock block;
        private final GradientSum sum;

        WholeGradients(BodyBuilder builder, ParameterBlock block, GradientSum sum) {
            this.block = block;
            this.sum = sum;
            sum.fetch(builder);
        }

        @Override
        public void accumulate(BodyBuilder builder, Value result) {
            memberOf(block, result).ifPresent(member -> {
                ElementType element = settings.precision().gradient();
                sum.add(
                        builder,
                        "d_" + member.parameter().name(),
                        result,
                        result.type().withElement(element),
                        member.first() * element.bytes());
            });
        }

        @Override
        public void finish(BodyBuilder builder) {
            sum.putAway(builder);
        }
    }

    /** Gradients of one micro-batch are reduced to the rank's shard before the next is made (ZeRO-2 and 3). */
    private final class ShardedGradients implements GradientSink {
        private final ParameterBlock block;
        private final GradientSum sum;
        private final Value whole;

        ShardedGradients(BodyBuilder builder, ParameterBlock block, GradientSum sum) {
            this.block = block;
            this.sum = sum;
            ElementType element = settings.precision().gradient();
            this.whole = builder.scratch("whole_gradients" + block.suffix(), flat(element, block.elements()));
            builder.step(
                    List.of(whole),
                    places -> new Instruction.Zero(
                            MemoryPart.GRADIENTS, element, places.of(whole).offset(), block.elements()));
            for (ParameterBlock.Member member : block.members()) {
                Value gradient = gradients.get(member.parameter().name());
                if (gradient != null) {
                    long bytes = member.first() * element.bytes();
                    if (builder.isPlaced(gradient)) {
                        takeOver(builder, gradient, bytes);
                    } else {
                        builder.inside(gradient, whole, bytes);
                    }
                }
            }
        }

        /** A gradient that the first half of the backward pass made. */
        private void takeOver(BodyBuilder builder, Value gradient, long bytes) {
            Value part = builder.scratch(gradient.name(), gradient.type());
            builder.inside(part, whole, bytes);
            builder.step(List.of(gradient, part), places -> copy(places.of(gradient), places.of(part)));
        }

        @Override
        public void accumulate(BodyBuilder builder, Value result) {}

        @Override
        public void finish(BodyBuilder builder) {
            if (block.pendingElements() > 0) {
                builder.step(
                        List.of(whole),
                        places -> StateBodies.sumOverTensor(
                                settings, block, places.of(whole).offset()));
            }
            scatter(builder);
        }

        private void scatter(BodyBuilder builder) {
            ElementType element = settings.precision().gradient();
            long chunk = block.elements() / block.copies().ranks();
            TensorType type = flat(element, chunk);
            Value part = builder.scratch("gradient_shard" + block.suffix(), type);
            builder.step(
                    List.of(whole, part),
                    places -> new Instruction.FlatExchange(
                            Communication.Kind.REDUCE_SCATTER,
                            block.copies().axis(),
                            block.copies().ranks(),
                            element,
                            MemoryPart.GRADIENTS,
                            places.of(whole).offset(),
                            places.of(part).offset(),
                            block.elements()));
            sum.fetch(builder);
            sum.add(builder, "gradients" + block.suffix(), part, type, 0);
            sum.putAway(builder);
        }
    }
}
