package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.lower.StageLayout.RunPlace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Turns a plan's decisions into the program every rank runs. */
public final class LowerPlan {
    private final TrainJob job;
    private final Decisions decisions;
    private final LayerSource layers;
    private final int stages;
    private final int chunks;
    private final int microbatches;
    private final Map<Asked, LoweredLayer> lowered = new HashMap<>();

    private record Asked(int kind, Recompute recompute) {}

    /** Lowered layers, usually cached: the same settings are asked for by many plans. */
    public interface LayerSource {
        Model model(TrainJob job, int microbatch);

        /** @param recompute ignored by embedding and head, which keep all that they save */
        LoweredLayer layer(TrainJob job, Decisions decisions, int kind, Recompute recompute);
    }

    private LowerPlan(TrainJob job, Decisions decisions, LayerSource layers) {
        this.job = job;
        this.decisions = decisions;
        this.layers = layers;
        this.stages = decisions.get(Decision.PIPELINE);
        this.chunks = decisions.get(Decision.INTERLEAVE);
        this.microbatches = microbatches(job, decisions);
    }

    /** Micro-batches each data rank runs a step. */
    public static int microbatches(TrainJob job, Decisions decisions) {
        return job.microbatches(decisions.get(Decision.DATA), decisions.get(Decision.MICROBATCH));
    }

    public static Program lower(TrainJob job, Decisions decisions, LayerSource layers) {
        return new LowerPlan(job, decisions, layers).program();
    }

    /** The arena of one stage's ranks. */
    public static StageLayout layout(TrainJob job, Decisions decisions, LayerSource layers, int stage) {
        return layouts(job, decisions, layers).apply(stage);
    }

    /** The arenas of a plan by stage, each laid out when it is asked for and no program written: what the search asks of many plans. */
    public static IntFunction<StageLayout> layouts(TrainJob job, Decisions decisions, LayerSource layers) {
        var plan = new LowerPlan(job, decisions, layers);
        StageLayout.Shared shared = plan.shared();
        StageContents.OfStage contents = plan.contents();
        return stage -> StageLayout.of(contents.on(stage), plan.order(stage), shared);
    }

    /** The layers of one stage. */
    public static StageContents contents(TrainJob job, Decisions decisions, LayerSource layers, int stage) {
        return new LowerPlan(job, decisions, layers).contents(stage);
    }

    private Program program() {
        var classes = new ArrayList<RankClass>();
        for (int stage = 0; stage < stages; stage++) {
            classes.add(rankClass(stage));
        }
        return new Program(
                job.name(),
                mesh(decisions),
                job.precision().compute(),
                microbatches,
                decisions.get(Decision.MICROBATCH),
                job.sequence(),
                classes);
    }

    /** The ranks of a plan. */
    public static MeshShape mesh(Decisions decisions) {
        MeshShape ranks = MeshShape.of(
                decisions.get(Decision.PIPELINE),
                decisions.get(Decision.DATA),
                decisions.find(Decision.CONTEXT).orElse(1),
                decisions.get(Decision.TENSOR));
        int group = decisions.find(Decision.SHARD_GROUP).orElse(ranks.size(MeshShape.DATA));
        return ExpertSharing.of(decisions)
                .shape(ranks.mirroring(LayerCache.isZigzag(decisions)).shardingIn(group));
    }

    private Model model() {
        return layers.model(job, decisions.get(Decision.MICROBATCH));
    }

    private StageContents contents(int stage) {
        return contents().on(stage);
    }

    private StageContents.OfStage contents() {
        Model model = model();
        StageSplit split = StageSplit.of(model.blocks(), decisions);
        return StageContents.of(source(model), split, StagePlacement.of(decisions));
    }

    private StageContents.Source source(Model model) {
        return new StageContents.Source(
                model,
                decisions.get(Decision.RECOMPUTE),
                (kind, recompute) -> lowered.computeIfAbsent(
                        new Asked(kind, recompute), asked -> layers.layer(job, decisions, kind, recompute)));
    }

    /** Of all layers of the model: all stages have stream buffers and windows of one size. */
    private StageLayout.Shared shared() {
        Model model = model();
        StageContents.Source source = source(model);
        // Equal layers come from one cache as one object, and comparing what is in them takes longer than lowering.
        Set<LoweredLayer> layers = Collections.newSetFromMap(new IdentityHashMap<>());
        IntStream.range(0, model.order().size()).mapToObj(source::lowered).forEach(layers::add);
        return new StageLayout.Shared(
                layers.stream().mapToLong(LoweredLayer::streamBytes).max().orElseThrow(),
                layers.stream().mapToLong(LoweredLayer::besideBytes).max().orElseThrow());
    }

    private PipelineOrder order(int stage) {
        return new PipelineOrder(decisions.get(Decision.SCHEDULE), stages, chunks, microbatches, stage);
    }

    private RankClass rankClass(int stage) {
        StageContents contents = contents(stage);
        PipelineOrder order = order(stage);
        StageLayout layout = StageLayout.of(contents, order, shared());
        var bodies = new LinkedHashMap<String, Body>();
        var training = new StageWriter(layout, order, true, bodies);
        var evaluating = new StageWriter(layout, order, false, bodies);
        var parts = new ArrayList<Schedule>();
        zero(layout).ifPresent(zero -> parts.add(training.zeroGradients(zero)));
        parts.add(order.loops(training));
        parts.add(training.finishStep(tied(layout)));
        Schedule step = Schedule.sequence(parts);
        return new RankClass(
                        "stage" + stage,
                        stage,
                        layout.arenaBytes(),
                        layout.memory(),
                        persistent(layout),
                        List.of(),
                        step,
                        order.forwardLoop(evaluating),
                        state(layout),
                        new RankClass.Far(Beside.of(decisions).tier(), layout.besideBytes()))
                .withBodies(List.copyOf(bodies.values()));
    }

    /** Nothing on a stage where nothing trains. */
    private Optional<Instruction.Zero> zero(StageLayout layout) {
        ElementType element = job.precision().gradient();
        long bytes = layout.optimizerStart() - layout.gradientsStart();
        return bytes == 0
                ? Optional.empty()
                : Optional.of(new Instruction.Zero(
                        MemoryPart.GRADIENTS, element, IndexExpr.of(layout.gradientsStart()), bytes / element.bytes()));
    }

    private List<Buffer> persistent(StageLayout layout) {
        Precision precision = job.precision();
        return Stream.of(
                        region("weights", MemoryPart.PARAMETERS, precision.compute(), 0, layout.gradientsStart()),
                        region(
                                "gradients",
                                MemoryPart.GRADIENTS,
                                precision.gradient(),
                                layout.gradientsStart(),
                                layout.optimizerStart()),
                        region(
                                "optimizer",
                                MemoryPart.OPTIMIZER,
                                precision.state(),
                                layout.optimizerStart(),
                                layout.streamStart()),
                        region(
                                "weights_beside",
                                MemoryPart.PARAMETERS,
                                precision.compute(),
                                layout.besideStart(),
                                layout.besideGradients()),
                        region(
                                "gradients_beside",
                                MemoryPart.GRADIENTS,
                                precision.gradient(),
                                layout.besideGradients(),
                                layout.besideOptimizer()),
                        region(
                                "optimizer_beside",
                                MemoryPart.OPTIMIZER,
                                precision.state(),
                                layout.besideOptimizer(),
                                layout.besideSlots()))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Buffer> region(String name, MemoryPart part, ElementType element, long from, long to) {
        if (from == to) {
            return Optional.empty();
        }
        TensorType type = BlockMemory.flat(element, (to - from) / element.bytes());
        return Optional.of(new Buffer(name, type, part, IndexExpr.of(from)));
    }

    // --- a table that several layers share
    // --------------------------------------------------------------------------

    /** Adds up the gradients of the copies of a tied table, on the stages that hold one. */
    private List<Instruction> tied(StageLayout layout) {
        var copies = new ArrayList<IndexExpr>();
        long elements = 0;
        for (List<RunPlace> runs : layout.runs()) {
            for (RunPlace place : runs) {
                Optional<ParameterBlock> block = place.run().layer().blocks().stream()
                        .filter(ParameterBlock::isTied)
                        .findFirst();
                if (block.isPresent()) {
                    LayerSettings settings = place.run().layer().settings();
                    elements = BlockMemory.kept(block.get(), settings, Shard.OPTIMIZER);
                    copies.add(ownChunk(
                            StageWriter.gradientsOf(place, ParameterBlock.TIED), elements, settings, block.get()));
                }
            }
        }
        if (copies.isEmpty()) {
            return List.of();
        }
        var steps = new ArrayList<Instruction>();
        List<Buffer> buffers = copyBuffers(copies, elements);
        Buffer sum = buffers.getFirst();
        for (Buffer other : buffers.subList(1, buffers.size())) {
            steps.add(map(Scalars.add(Scalars.arg(0), Scalars.arg(1)), List.of(sum, other), sum));
        }
        List<Integer> holders =
                IntStream.range(0, stages).filter(this::holdsTied).boxed().toList();
        if (holders.size() > 1) {
            steps.add(new Instruction.TiedReduce(
                    holders, job.precision().gradient(), MemoryPart.GRADIENTS, copies.getFirst(), elements));
        }
        for (Buffer other : buffers.subList(1, buffers.size())) {
            steps.add(map(Scalars.arg(0), List.of(sum), other));
        }
        return steps;
    }

    private boolean holdsTied(int stage) {
        return contents(stage).chunks().stream()
                .flatMap(List::stream)
                .anyMatch(run -> run.layer().blocks().stream().anyMatch(ParameterBlock::isTied));
    }

    private List<Buffer> copyBuffers(List<IndexExpr> copies, long elements) {
        TensorType type = BlockMemory.flat(job.precision().gradient(), elements);
        var buffers = new ArrayList<Buffer>();
        for (IndexExpr copy : copies) {
            String name = "d_table" + (buffers.isEmpty() ? "" : "_copy" + buffers.size());
            buffers.add(new Buffer(name, type, MemoryPart.GRADIENTS, copy));
        }
        return buffers;
    }

    private static Instruction map(ScalarExpr expr, List<Buffer> operands, Buffer result) {
        return new Instruction.Compute(new MapOp(expr, result.type()), operands, List.of(result), Map.of());
    }

    /** Where this rank's part of a reduced gradient lies: inside the whole one under ZeRO-1. */
    private IndexExpr ownChunk(IndexExpr gradients, long elements, LayerSettings settings, ParameterBlock block) {
        boolean inside = settings.shards(block, Shard.OPTIMIZER) && !settings.shards(block, Shard.GRADIENTS);
        long bytes = elements * job.precision().gradient().bytes();
        return inside ? gradients.plus(new IndexExpr.Coordinate(block.copies().axis()).times(bytes)) : gradients;
    }

    // --- what a checkpoint holds
    // ---------------------------------------------------------------------------------------

    private List<StateEntry> state(StageLayout layout) {
        Model model = model();
        var entries = new ArrayList<StateEntry>();
        for (List<RunPlace> runs : layout.runs()) {
            for (RunPlace place : runs) {
                for (int i = 0; i < place.run().count(); i++) {
                    addState(entries, model.layerName(place.run().first() + i), place, i);
                }
            }
        }
        return entries;
    }

    private void addState(List<StateEntry> entries, String layerName, RunPlace place, int index) {
        LoweredLayer layer = place.run().layer();
        Precision precision = job.precision();
        long weights = place.weights() + index * layer.weightBytes();
        long optimizer = place.optimizer() + index * layer.optimizerBytes();
        for (ParameterBlock block : layer.blocks()) {
            long kept = BlockMemory.kept(block, layer.settings(), Shard.OPTIMIZER);
            long keptWeights = BlockMemory.kept(block, layer.settings(), Shard.PARAMETERS);
            Optional<String> sharded = axisOf(block, layer.settings(), Shard.OPTIMIZER);
            Optional<String> shardedWeights = axisOf(block, layer.settings(), Shard.PARAMETERS);
            long second = optimizer + kept * precision.state().bytes();
            long master = second + kept * precision.state().bytes();
            for (ParameterBlock.Member member : block.members()) {
                var entry = new EntryWriter(entries, layer, layerName, member);
                entry.add(StateEntry.Kind.WEIGHT, precision.compute(), keptWeights, shardedWeights, weights);
                if (!block.trains()) {
                    continue;
                }
                entry.add(StateEntry.Kind.FIRST_MOMENT, precision.state(), kept, sharded, optimizer);
                entry.add(StateEntry.Kind.SECOND_MOMENT, precision.state(), kept, sharded, second);
                if (precision.hasMaster()) {
                    entry.add(StateEntry.Kind.MASTER, precision.master(), kept, sharded, master);
                }
            }
            BlockMemory memory = BlockMemory.of(block, layer.settings());
            weights += memory.weights();
            optimizer += memory.optimizer();
        }
    }

    /** The axis whose ranks keep shares of this state; none where they keep copies. */
    private static Optional<String> axisOf(ParameterBlock block, LayerSettings settings, Shard state) {
        return settings.shards(block, state) ? Optional.of(block.copies().axis()) : Optional.empty();
    }

    private record EntryWriter(
            List<StateEntry> entries, LoweredLayer layer, String layerName, ParameterBlock.Member member) {
        void add(StateEntry.Kind kind, ElementType element, long chunk, Optional<String> sharded, long offset) {
            Parameter parameter = member.parameter();
            TensorType type = parameter.value().type();
            entries.add(new StateEntry(
                    parameter.tiedTo().orElse(layerName + "." + parameter.name()),
                    kind,
                    type.withElement(element),
                    StateEntry.cuts(type, layer.settings().axes()),
                    parameter.initializer(),
                    member.first(),
                    chunk,
                    sharded,
                    offset));
        }
    }
}
