package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.optimizer.lower.LoweredLayer.BodyWithScratch;
import dev.dovetail.optimizer.lower.Turns.Turn;
import dev.dovetail.optimizer.pack.OffsetPacker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
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
    private final ParametersInBlocks parameters;
    private final GradientSinks sinks;
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
        this.parameters = new ParametersInBlocks(settings, layout.blocks());
        this.sinks = new GradientSinks(settings, layout.blocks(), gradients);
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
        parameters.place(builder, layout.forward());
        GraphSteps.loadInputs(builder, layout.forward());
        turns(layout.forward()).forEach(turn -> GraphSteps.take(builder, layout.forward(), turn));
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
            builder.step(settings.beside().putAway(saved, beside));
            builder.close(saved);
        }
    }

    /** What was saved comes back. */
    private void bringBackSaved(BodyBuilder builder) {
        for (Buffer saved : layout.saved()) {
            Buffer beside = LayerLayout.besideOf(saved);
            builder.open(saved);
            builder.step(settings.beside().fetch(saved, beside));
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
        parameters.place(builder, local);
        GraphSteps.loadInputs(builder, local);
        boolean handsOver = layout.halves().isPresent();
        accumulate(builder, local, block -> !handsOver || !sinks.scatters(block));
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
        builder.step(List.of(value, copy), places -> GraphSteps.copy(places.of(value), places.of(copy)));
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
            parameters.place(builder, local);
            GraphSteps.loadInputs(builder, local);
            accumulate(builder, local, block -> true);
            return finish(builder, variables(Activity.WEIGHT_GRADIENTS));
        });
    }

    /** Runs the graph and adds gradients of parameters in blocks that are {@code taken} to what gathers them. */
    private void accumulate(BodyBuilder builder, LocalGraph local, Predicate<ParameterBlock> taken) {
        var sinksOfBlocks = layout.blocks().stream()
                .filter(ParameterBlock::trains)
                .filter(taken)
                .map(block -> sinks.of(builder, block))
                .toList();
        for (Turn turn : turns(local)) {
            GraphSteps.take(builder, local, turn);
            if (turn.kind() != Turns.Kind.BEGIN) {
                turn.node()
                        .results()
                        .forEach(result -> sinksOfBlocks.forEach(sink -> sink.accumulate(builder, result)));
            }
        }
        sinksOfBlocks.forEach(sink -> sink.finish(builder));
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

    private List<Turn> turns(LocalGraph local) {
        List<Node> nodes = local.graph().nodes();
        return settings.experts().overlap() > 1 ? Turns.overlapping(nodes) : Turns.inOrder(nodes);
    }
}
