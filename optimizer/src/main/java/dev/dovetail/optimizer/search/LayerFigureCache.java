package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.lower.ExpertSharing;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LoweredLayer;
import dev.dovetail.optimizer.lower.ParameterBlock;
import dev.dovetail.optimizer.pack.OffsetPacker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Figures of every kind of layer, worked out once for each setting that plans share. */
final class LayerFigureCache {
    /** Layers are priced on their own, before any stage has a program. */
    static final RankClass ANY_RANK = new RankClass(
            "layer",
            0,
            0,
            Map.of(),
            List.of(),
            List.of(),
            new Schedule.Sequence(List.of()),
            new Schedule.Sequence(List.of()),
            List.of());

    private final TrainJob job;
    private final CostModel costs;
    private final LayerCache layers;
    private final Model model;
    /** Kinds of node; none where all are alike. */
    private final List<Integer> nodes;

    private final Map<Setting, LayerFigures[]> exact = new ConcurrentHashMap<>();
    private final Map<Setting, LayerFigures[]> outlooks = new HashMap<>();
    private final Map<Setting, LayerFigures[]> least = new HashMap<>();
    private final Map<Setting, List<LoweredLayer>> lowered = new ConcurrentHashMap<>();
    private final Map<Setting, List<TensorType>> widest = new HashMap<>();
    /** By mesh, of which there is one object for all plans that have it. */
    private final Map<MeshShape, Map<Hop, Message>> messages = new IdentityHashMap<>();

    /** From one kind of node to another; {@link Setting#ANY} where all are alike. */
    private record Hop(Setting setting, int from, int to) {}

    LayerFigureCache(TrainJob job, CostModel costs, OffsetPacker packer) {
        this.job = job;
        this.costs = costs;
        this.layers = new LayerCache(packer);
        this.model = layers.model(job, 1);
        this.nodes = job.cluster().mixed()
                ? IntStream.rangeClosed(1, job.cluster().groups().size())
                        .boxed()
                        .toList()
                : List.of();
    }

    Model model() {
        return model;
    }

    LayerCache layers() {
        return layers;
    }

    private List<LoweredLayer> lowered(Setting setting) {
        return lowered.computeIfAbsent(setting.still(), s -> {
            var all = new ArrayList<LoweredLayer>();
            for (int kind = 0; kind < model.kinds().size(); kind++) {
                all.add(layers.layer(job, s.decisions(), kind, s.recompute()));
            }
            return all;
        });
    }

    /**
     * By index of the kind of layer.
     *
     * @param mesh of a plan with this setting
     */
    LayerFigures[] exact(Setting setting, MeshShape mesh) {
        LayerFigures[] known = exact.get(setting);
        if (known == null) {
            // Lowering takes most of a search, and no way depends on another.
            known = least(open(setting).parallel(), on -> exact(on, mesh))
                    .orElseGet(() -> figures(setting, cost(setting, mesh)));
            exact.put(setting, known);
        }
        return known;
    }

    private boolean isOpen(Setting setting) {
        return setting.nodes() == Setting.ANY && !nodes.isEmpty();
    }

    /** Of every way that is open; empty where none is. */
    private static Optional<LayerFigures[]> least(Stream<Setting> open, Function<Setting, LayerFigures[]> read) {
        return open.map(read).reduce(LayerFigures::shorter);
    }

    /** Every way to decide what is open; none where nothing is. */
    private Stream<Setting> open(Setting setting) {
        if (isOpen(setting)) {
            return nodes.stream().map(setting::on);
        }
        return setting.isOverlapOpen() ? ExpertSharing.OVERLAPS.stream().map(setting::overlapping) : Stream.empty();
    }

    private InstructionCost cost(Setting setting, MeshShape mesh) {
        return cost(setting, mesh, setting.nodes() == Setting.ANY ? List.of() : List.of(setting.nodes()));
    }

    private InstructionCost cost(Setting setting, MeshShape mesh, List<Integer> stages) {
        return setting.place()
                .products()
                .map(costs::multiplying)
                .orElse(costs)
                .cost(mesh, setting.place().clockMhz(), stages);
    }

    /** What layers cost on each stage. */
    <T> ByStage<T> byStage(List<Integer> stages, Setting setting, Function<Setting, T> read) {
        return stages.isEmpty()
                ? ByStage.alike(read.apply(setting))
                : new ByStage<>(
                        stages,
                        nodes.stream().map(kind -> read.apply(setting.on(kind))).toList());
    }

    private LayerFigures[] figures(Setting setting, InstructionCost cost) {
        List<LoweredLayer> all = lowered(setting);
        var figures = new LayerFigures[all.size()];
        for (int kind = 0; kind < figures.length; kind++) {
            figures[kind] = LayerFigures.of(all.get(kind), cost, ANY_RANK);
            if (replays(all.get(kind))) {
                LoweredLayer keeping = layers.layer(job, setting.decisions(), kind, Recompute.NONE);
                figures[kind] = figures[kind].replaying(LayerFigures.of(keeping, cost, ANY_RANK));
            }
            figures[kind] = figures[kind].hiding(costs.engine().traffic());
        }
        return figures;
    }

    private boolean replays(LoweredLayer layer) {
        return costs.engine().kernels().replaysWholeLayers() && layer.settings().recompute() == Recompute.FULL;
    }

    /** Figures that the exact ones never fall below, without lowering a layer for each way to share its state. */
    LayerFigures[] outlook(Setting setting, MeshShape mesh) {
        if (setting.dataRanks() == 1) {
            return exact(setting, mesh);
        }
        LayerFigures[] known = outlooks.get(setting);
        if (known == null) {
            known = least(open(setting), on -> outlook(on, mesh)).orElseGet(() -> replicated(setting, mesh));
            outlooks.put(setting, known);
        }
        return known;
    }

    private LayerFigures[] replicated(Setting setting, MeshShape mesh) {
        var replicas = new Replication(job, setting, cost(setting, mesh));
        List<LoweredLayer> alone = lowered(setting.alone());
        LayerFigures[] figures = exact(setting.alone(), mesh);
        var known = new LayerFigures[figures.length];
        for (int kind = 0; kind < known.length; kind++) {
            known[kind] = replicas.outlook(alone.get(kind), figures[kind])
                    .hiding(costs.engine().traffic());
        }
        return known;
    }

    /** What passes take at least while it is open who shares what: sharing can save adding gradients up, and every update. */
    LayerFigures[] leastPasses(Setting setting, MeshShape mesh) {
        int ways = Math.max(1, job.cluster().devices() / setting.tensor());
        return least.computeIfAbsent(
                setting.alone(),
                alone -> Arrays.stream(exact(alone, mesh))
                        .map(figures -> figures.leastPasses(ways))
                        .toArray(LayerFigures[]::new));
    }

    private LoweredLayer head(Setting setting) {
        return lowered(setting.alone()).getLast();
    }

    /** What handing the stream of one micro-batch to the next stage costs, at least while it is open which nodes have which. */
    Message message(Setting setting, MeshShape mesh) {
        if (!isOpen(setting)) {
            return message(setting, mesh, setting.nodes(), setting.nodes());
        }
        return nodes.stream()
                .flatMap(one -> nodes.stream().map(other -> message(setting, mesh, one, other)))
                .reduce(Message::least)
                .orElseThrow();
    }

    /** @param stages by stage, its kind of node; empty where all are alike, or it is open */
    Messages messages(Setting setting, MeshShape mesh, List<Integer> stages) {
        if (stages.isEmpty()) {
            return Messages.alike(message(setting, mesh), toSelf(setting, mesh));
        }
        var hops = new ArrayList<Message>();
        for (int stage = 0; stage < stages.size(); stage++) {
            hops.add(message(setting, mesh, stages.get(stage), stages.get((stage + 1) % stages.size())));
        }
        return new Messages(hops, toSelf(setting, mesh));
    }

    /** What the last rank of a V hands on to itself. */
    private Message toSelf(Setting setting, MeshShape mesh) {
        InstructionCost cost = cost(setting, mesh);
        return widest(setting).stream().map(type -> Message.of(type, 0, cost)).reduce(Message.NONE, Message::plus);
    }

    /** Between two stages, of which the first stands for either: messages take as long both ways. */
    private Message message(Setting setting, MeshShape mesh, int one, int other) {
        Map<Hop, Message> known = messages.computeIfAbsent(mesh, m -> new HashMap<>());
        var hop = new Hop(setting.alone(), one, other);
        Message message = known.get(hop);
        if (message == null) {
            List<Integer> stages = one == Setting.ANY ? List.of() : List.of(one, other);
            InstructionCost cost = stages.isEmpty() ? cost(setting, mesh) : cost(setting, mesh, stages);
            message = message(setting, cost);
            known.put(hop, message);
        }
        return message;
    }

    private Message message(Setting setting, InstructionCost cost) {
        boolean scatters = costs.engine().traffic().scattersMessages() && setting.tensor() > 1 && !setting.sequence();
        return widest(setting).stream()
                .map(type -> scatters ? Message.scattered(type, setting.tensor(), cost) : Message.of(type, 1, cost))
                .reduce(Message.NONE, Message::plus);
    }

    /** The most that a layer takes in: models of two parts hand on other rows in one than in the other. */
    private List<TensorType> widest(Setting setting) {
        List<TensorType> known = widest.get(setting.alone());
        if (known == null) {
            known = findWidest(setting);
            widest.put(setting.alone(), known);
        }
        return known;
    }

    private List<TensorType> findWidest(Setting setting) {
        return lowered(setting.alone()).stream()
                .map(LoweredLayer::stream)
                .max(Comparator.comparingLong(
                        stream -> stream.stream().mapToLong(TensorType::bytes).sum()))
                .orElseThrow();
    }

    /** Windows for what lies beside the arena are left out: how large they are depends on what layers compute again. */
    long streamBytes(Setting setting) {
        return lowered(setting.alone()).stream()
                .mapToLong(LoweredLayer::streamBytes)
                .max()
                .orElseThrow();
    }

    /**
     * What a step starts and ends with, beside the layers' own work.
     *
     * @param stages by stage, its kind of node; empty where all are alike, or it is open
     * @param apart whether embedding and head are on two ranks
     */
    StepEnds exactEnds(Setting setting, MeshShape mesh, List<Integer> stages, boolean apart) {
        List<LoweredLayer> layers = lowered(setting);
        LoweredLayer sharing = layers.reversed().stream()
                .filter(layer -> layer.blocks().stream().anyMatch(ParameterBlock::isTied))
                .findFirst()
                .orElse(layers.getLast());
        return ends(setting, mesh, sharing, stages, apart);
    }

    /** The same from the layers on one replica: never more. */
    StepEnds leastEnds(Setting setting, MeshShape mesh, List<Integer> stages, boolean apart) {
        return ends(setting, mesh, head(setting), stages, apart);
    }

    private StepEnds ends(Setting setting, MeshShape mesh, LoweredLayer sharing, List<Integer> stages, boolean apart) {
        if (isOpen(setting) && stages.isEmpty()) {
            return StepEnds.NONE;
        }
        InstructionCost cost = cost(setting, mesh, stages);
        double tied = new Replication(job, setting, cost).tied(sharing, apart ? mesh.size(MeshShape.PIPELINE) : 1);
        ByStage<Replication> zeroing = stages.isEmpty()
                ? ByStage.alike(new Replication(job, setting, cost))
                : new ByStage<>(
                        stages,
                        nodes.stream()
                                .map(kind -> new Replication(job, setting, cost(setting.on(kind), mesh)))
                                .toList());
        return new StepEnds(tied, (stage, bytes) -> zeroing.at(stage).zero(bytes));
    }
}
