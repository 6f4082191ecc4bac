package dev.dovetail.ir.shard;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.shard.LocalGraph.ShardStart;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Rewrites a graph into what one rank of a mesh axis computes. What must be exchanged follows from which dim of which operator
 * is split: a whole operand where a shard is held is gathered, a partial sum is reduced where it is first read (partial sums
 * that are added are added first), shards along one dim are exchanged for shards along another.
 *
 * <p>An operator that has an inner dim (heads, inner, vocab, experts) runs split along it; otherwise, when an operand comes
 * split along the stream's dim, along that; otherwise every rank runs all of it. It also stays with the stream where nothing
 * would have to travel for it, and where its operands come both ways and the inner dim would leave partial sums: so tokens are
 * put into experts' queues where they are, the queues go to the experts' ranks, and back before they are added up.
 *
 * <p>It is one class because it is one pass over the graph: where a value is held decides about every reader after it.
 */
public final class PartitionGraph {
    private final Graph graph;
    private final AxisMap map;
    private final Set<Value> lazySums;
    private final Set<Value> flowing;
    private final Map<Value, Placement> placements = new HashMap<>();
    private final Map<Value, Value> locals = new HashMap<>();
    private final Map<Value, Value> wholes = new HashMap<>();
    private final Map<Value, Value> slices = new HashMap<>();
    private final Map<String, ShardStart> shardStarts = new LinkedHashMap<>();
    private final Set<Value> pending = new LinkedHashSet<>();
    /** Values that the ranks still hold parts of, to be combined when an operator needs their sum. */
    private final Map<Value, Splitting> partials = new HashMap<>();

    private final List<Node> nodes = new ArrayList<>();
    private final Map<Value, Long> readers;
    private int nextId;

    private PartitionGraph(Graph graph, AxisMap map, Map<Integer, Placement> known, Set<Value> lazySums, int flowing) {
        this.graph = graph;
        this.flowing = Set.copyOf(
                graph.outputs().subList(0, Math.min(flowing, graph.outputs().size())));
        this.map = map;
        this.lazySums = lazySums;
        this.readers = graph.nodes().stream()
                .flatMap(node -> node.operands().stream())
                .collect(Collectors.groupingBy(value -> value, Collectors.counting()));
        this.nextId = Math.max(1_000_000, 1 + largestId(graph));
        graph.inputs().forEach(input -> hold(input.value(), placement(input, known)));
        graph.parameters().forEach(p -> hold(p.value(), map.parameter(p.value().type())));
    }

    private static int largestId(Graph graph) {
        return graph.nodes().stream()
                .flatMap(node -> node.results().stream())
                .mapToInt(Value::id)
                .max()
                .orElse(0);
    }

    /**
     * @param known placements of values saved by another graph, by value id
     * @param lazySums outputs that may stay partial sums (parameter gradients)
     * @param flowing how many outputs, the first ones, flow from layer to layer
     */
    public static LocalGraph partition(
            Graph graph, AxisMap map, Map<Integer, Placement> known, Set<Value> lazySums, int flowing) {
        return new PartitionGraph(graph, map, known, lazySums, flowing).run();
    }

    /** Where the stream alone flows. */
    public static LocalGraph partition(Graph graph, AxisMap map, Map<Integer, Placement> known, Set<Value> lazySums) {
        return partition(graph, map, known, lazySums, 1);
    }

    private Placement placement(Input input, Map<Integer, Placement> known) {
        return switch (input.source()) {
            case STREAM, FIXED_STREAM, GRADIENT -> held(input.value(), map.streamPlacement());
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
                    GUIDANCE -> held(input.value(), map.inputPlacement());
            case CACHE -> map.parameter(input.value().type());
            case SAVED -> known.get(input.value().id());
        };
    }

    /** A value that lacks the dim is whole on every rank: what a whole picture is conditioned on, where its patches are shared. */
    private static Placement held(Value value, Placement placement) {
        boolean lacks =
                placement instanceof Placement.Split split && !value.type().has(split.dim());
        return lacks ? Placement.WHOLE : placement;
    }

    private void hold(Value value, Placement placement) {
        placements.put(value, placement);
        locals.put(value, new Value(value.id(), value.name(), placement.local(value.type(), map.ways())));
    }

    private LocalGraph run() {
        // What comes in may move to another side before it is read.
        var inputs =
                graph.inputs().stream().map(i -> i.with(locals.get(i.value()))).toList();
        graph.nodes().forEach(this::place);
        var outputs = graph.outputs().stream().map(this::output).toList();
        Graph local = new Graph(
                graph.name(),
                inputs,
                graph.parameters().stream()
                        .map(p -> p.withValue(locals.get(p.value())))
                        .toList(),
                nodes,
                outputs);
        var byId = new HashMap<Integer, Placement>();
        placements.forEach((value, placement) -> byId.put(value.id(), placement));
        return new LocalGraph(local, byId, shardStarts, pending);
    }

    private void place(Node node) {
        List<Value> parts = partials.isEmpty()
                ? List.of()
                : node.operands().stream().filter(this::isPartialSum).distinct().toList();
        if (parts.size() > 1 && addsUp(node, parts)) {
            addParts(node, parts);
            return;
        }
        if (node.op() instanceof Communication other
                && addsParts(other, node.operands().getFirst())) {
            exchangeParts(node);
            return;
        }
        if (movesParts(node)) {
            exchangeParts(node);
            return;
        }
        node.operands().forEach(this::reduce);
        Set<String> split = chooseSplit(node);
        Op op = node.op();
        Set<Integer> gathered = split.stream()
                .flatMap(dim -> node.op().wholeOperands(dim).stream())
                .collect(Collectors.toSet());
        Set<Integer> unsplit = split.stream()
                .flatMap(dim -> node.op().wholeResults(dim).stream())
                .collect(Collectors.toSet());
        var operands = new ArrayList<Value>();
        for (int i = 0; i < node.operands().size(); i++) {
            operands.add(as(node.operands().get(i), gathered.contains(i) ? Set.of() : split));
        }
        for (String dim : split) {
            op = localized(op, node, dim);
        }
        for (int i = 0; i < node.results().size(); i++) {
            Value result = node.results().get(i);
            hold(result, unsplit.contains(i) ? Placement.WHOLE : splitOf(result.type(), split));
        }
        nodes.add(
                new Node(op, operands, node.results().stream().map(locals::get).toList()));
        node.results().forEach(result -> markIfPartial(node.op(), result, split));
    }

    private boolean isPartialSum(Value value) {
        return partials.get(value) == Splitting.SUM;
    }

    /** Whether the operator only adds its operands, each once. */
    private static boolean addsUp(Node node, List<Value> parts) {
        return node.op() instanceof MapOp map
                && isSum(map.expr())
                && Set.copyOf(node.operands()).size() == node.operands().size()
                && parts.stream().allMatch(part -> part.type().equals(map.type()));
    }

    private static boolean isSum(ScalarExpr expr) {
        return expr instanceof ScalarExpr.Arg
                || (expr instanceof ScalarExpr.Binary b
                        && b.kind() == ScalarExpr.BinaryKind.ADD
                        && isSum(b.left())
                        && isSum(b.right()));
    }

    /** reduce(a) + reduce(b) = reduce(a + b): partial sums are added first and reduced once. */
    private void addParts(Node node, List<Value> parts) {
        var rest = new ArrayList<>(node.operands());
        rest.removeAll(parts);
        Value result = node.results().getFirst();
        Value sum = rest.isEmpty() ? result : new Value(nextId++, result.name() + "_parts", result.type());
        hold(sum, Placement.WHOLE);
        nodes.add(new Node(
                new MapOp(sumOf(parts.size()), result.type()),
                parts.stream().map(locals::get).toList(),
                List.of(locals.get(sum))));
        partials.put(sum, Splitting.SUM);
        if (!rest.isEmpty()) {
            rest.add(sum);
            place(new Node(new MapOp(sumOf(rest.size()), result.type()), rest, node.results()));
        }
    }

    /** Whether another axis adds up what is a partial sum over this one as well: gradients, which wait until they are complete. */
    private boolean addsParts(Communication other, Value operand) {
        boolean isStream = map.stream().filter(operand.type()::has).isPresent();
        return other.reduction() == Splitting.SUM && isPartialSum(operand) && !isStream;
    }

    /**
     * Whether the operator only moves elements of a partial sum that nothing else reads: reduce(move(a)) = move(reduce(a)), and
     * sums of several such parts, as a convolution is, are reduced once.
     */
    private boolean movesParts(Node node) {
        boolean moves = node.op() instanceof Regroup
                || node.op() instanceof Shift shift && shift.carried().isEmpty();
        return moves
                && isPartialSum(node.operands().getFirst())
                && readers.getOrDefault(node.operands().getFirst(), 0L) == 1;
    }

    /** sum(reduce(a)) = reduce(sum(a)). */
    private void exchangeParts(Node node) {
        Value result = node.results().getFirst();
        hold(result, Placement.WHOLE);
        nodes.add(new Node(node.op(), List.of(locals.get(node.operands().getFirst())), List.of(locals.get(result))));
        partials.put(result, Splitting.SUM);
    }

    private static ScalarExpr sumOf(int count) {
        return IntStream.range(0, count)
                .mapToObj(Scalars::arg)
                .reduce(Scalars::add)
                .orElseThrow();
    }

    /** Dims this operator runs split along; empty when every rank computes all of it. */
    private Set<String> chooseSplit(Node node) {
        var names = new LinkedHashSet<String>();
        node.operands().forEach(value -> names.addAll(value.type().names()));
        node.results().forEach(value -> names.addAll(value.type().names()));
        if (node.op() instanceof Attend || node.op() instanceof AttendGrad) {
            var ofAttention = new LinkedHashSet<>(names);
            ofAttention.removeIf(name -> !map.ofAttention().contains(name));
            if (!ofAttention.isEmpty()) {
                return ofAttention;
            }
        }
        var inner = new LinkedHashSet<>(map.gathers() ? Set.of() : names);
        inner.removeIf(name -> !map.inner().contains(name) || node.op().splitting(name) == Splitting.WHOLE);
        if (map.stream().isEmpty()) {
            return inner;
        }
        String stream = map.stream().get();
        // What attention leaves split along its heads goes back to the stream's stretches.
        var held = new HashSet<>(map.ofAttention());
        held.add(stream);
        boolean mayStay = isHeldAlong(node, held)
                && node.op().splitting(stream) != Splitting.WHOLE
                && !joinsStretches(node.op(), stream);
        if (!inner.isEmpty() && !(mayStay && staysWithStream(node, inner, stream))) {
            return inner;
        }
        return mayStay ? Set.of(stream) : Set.of();
    }

    /**
     * Stretches of stretches, joined or cut, are out of order: another axis joins and cuts what is whole along this one. Only
     * ranks that read inputs of their own may keep to their order, which the other axis then keeps too.
     */
    private boolean joinsStretches(Op op, String stream) {
        return !map.ownInputs()
                && op instanceof Communication other
                && other.kind() != Kind.ALL_TO_ALL
                && other.dim().equals(Optional.of(stream));
    }

    private boolean isHeldAlong(Node node, Set<String> dims) {
        return node.operands().stream()
                .anyMatch(o -> placements.get(o) instanceof Placement.Split split && dims.contains(split.dim()));
    }

    private boolean staysWithStream(Node node, Set<String> inner, String stream) {
        if (isHeldAlong(node, inner)) {
            return node.results().stream().anyMatch(result -> splitOf(result.type(), inner) instanceof Placement.Whole);
        }
        return node.operands().stream()
                .filter(operand -> operand.type().has(stream))
                .allMatch(operand -> placements.get(operand).equals(new Placement.Split(stream)));
    }

    private Op localized(Op op, Node node, String dim) {
        long whole = Stream.concat(node.operands().stream(), node.results().stream())
                .flatMap(value -> value.type().find(dim).stream())
                .findFirst()
                .orElseThrow()
                .bound();
        long extent = whole / map.ways();
        String symbol = dim + "_start";
        Op sized = op.withExtent(dim, Extent.of(extent));
        Op local = sized.shard(dim, symbol);
        if (local.equals(sized)) {
            return local;
        }
        shardStarts.put(symbol, new ShardStart(map.axis(), isMirrored(dim) ? extent / 2 : extent));
        return isMirrored(dim) ? mirroring(local) : local;
    }

    /** Only attention asks where in a sequence its rows stand. */
    private static Op mirroring(Op op) {
        return switch (op) {
            case Attend attend -> new Attend(attend.pattern().mirroring());
            case AttendGrad grad -> new AttendGrad(grad.pattern().mirroring());
            default -> throw new IllegalStateException(op.label() + " of an early and a late stretch");
        };
    }

    private static Placement splitOf(TensorType type, Set<String> split) {
        for (Dim dim : type.dims()) {
            if (split.contains(dim.name())) {
                return new Placement.Split(dim.name());
            }
        }
        return Placement.WHOLE;
    }

    /** The operand as an operator split along {@code split} needs it. */
    private Value as(Value operand, Set<String> split) {
        Placement needed = splitOf(operand.type(), split);
        Placement held = placements.get(operand);
        if (held.equals(needed)) {
            return locals.get(operand);
        }
        return switch (needed) {
            case Placement.Whole w ->
                wholes.computeIfAbsent(
                        operand, o -> exchange(Kind.ALL_GATHER, o, ((Placement.Split) held).dim(), Splitting.WHOLE));
            case Placement.Split s
            when held instanceof Placement.Whole ->
                slices.computeIfAbsent(operand, o -> exchange(Kind.SLICE, o, s.dim(), Splitting.WHOLE));
            case Placement.Split s -> moved(operand, ((Placement.Split) held).dim(), s.dim());
        };
    }

    /** What has moved stays where it went, and is saved there: a shard along one dim is no larger than along another. */
    private Value moved(Value operand, String from, String to) {
        Value result =
                emit(Communication.allToAll(map.axis(), map.ways(), to, from), locals.get(operand), operand.name());
        locals.put(operand, result);
        placements.put(operand, new Placement.Split(to));
        return result;
    }

    /**
     * A gradient that is whole on ranks whose gradients are summed: each gives its share. What a whole picture is conditioned on
     * has such gradients where ranks share the picture's patches.
     */
    private Value shareOf(Value gradient) {
        ScalarExpr share = Scalars.multiply(Scalars.arg(0), Scalars.constant(1.0 / map.ways()));
        Value part = new Value(nextId++, gradient.name() + "_share", gradient.type());
        nodes.add(new Node(new MapOp(share, gradient.type()), List.of(locals.get(gradient)), List.of(part)));
        locals.put(gradient, part);
        return part;
    }

    private Value exchange(Kind kind, Value operand, String dim, Splitting reduction) {
        return emit(along(dim, kind, reduction), locals.get(operand), operand.name());
    }

    private Communication along(String dim, Kind kind, Splitting reduction) {
        var op = new Communication(kind, map.axis(), map.ways(), Optional.of(dim), reduction);
        return isMirrored(dim) ? op.mirroring() : op;
    }

    private boolean isMirrored(String dim) {
        return map.mirrored() && map.stream().equals(Optional.of(dim));
    }

    private Value emit(Communication op, Value local, String name) {
        TensorType type = op.results(List.of(local.type())).getFirst();
        Value result = new Value(nextId++, name + "_" + op.label(), type);
        nodes.add(new Node(op, List.of(local), List.of(result)));
        return result;
    }

    /** A result that lacks the split dim is a partial sum or maximum. */
    private void markIfPartial(Op op, Value result, Set<String> split) {
        if (!split.isEmpty() && placements.get(result) instanceof Placement.Whole) {
            partials.put(result, op.splitting(split.iterator().next()));
        }
    }

    /** Combines the ranks' parts of a value, if that is what they hold. */
    private void reduce(Value value) {
        Splitting reduction = partials.remove(value);
        if (reduction == null) {
            return;
        }
        boolean isStream = map.stream().isPresent()
                && value.type().has(map.stream().get())
                && (map.ownInputs() || value.type().has(Names.WIDTH));
        Kind kind = isStream ? Kind.REDUCE_SCATTER : Kind.ALL_REDUCE;
        Communication op = isStream
                ? along(map.stream().get(), kind, reduction)
                : new Communication(kind, map.axis(), map.ways(), Optional.empty(), reduction);
        Value reduced = emit(op, locals.get(value), value.name());
        locals.put(value, reduced);
        placements.put(value, isStream ? map.streamPlacement() : Placement.WHOLE);
    }

    /** Streams leave a layer the way the next one expects them; a parameter's gradient may stay a partial
     * sum, or goes back to where its shards are. */
    private Value output(Value output) {
        boolean scatters = map.gathers() && lazySums.contains(output);
        if (scatters && map.parameter(output.type()) instanceof Placement.Split split) {
            if (!partials.remove(output, Splitting.SUM)) {
                throw new IllegalStateException("graph " + graph.name() + ": " + output + " is no sum over " + map);
            }
            locals.put(output, exchange(Kind.REDUCE_SCATTER, output, split.dim(), Splitting.SUM));
            placements.put(output, split);
            return locals.get(output);
        }
        if (isPartialSum(output) && lazySums.contains(output)) {
            pending.add(locals.get(output));
            return locals.get(output);
        }
        reduce(output);
        boolean isCopied = lazySums.contains(output)
                && map.ownInputs()
                && map.ways() > 1
                && placements.get(output) instanceof Placement.Whole;
        if (isCopied) {
            pending.add(shareOf(output));
            return locals.get(output);
        }
        boolean isFirst = output.equals(graph.outputs().getFirst());
        if (isFirst && !output.type().has(Names.WIDTH) && !map.ownInputs() && !lazySums.contains(output)) {
            // Every rank tells the losses of all patches.
            Value whole = as(output, Set.of());
            placements.put(output, Placement.WHOLE);
            return whole;
        }
        boolean isStream =
                output.type().has(Names.WIDTH) && output.type().has(Names.SEQUENCE) && flowing.contains(output);
        if (isStream && map.stream().isPresent() && placements.get(output) instanceof Placement.Whole) {
            Value sliced = as(output, Set.of(map.stream().get()));
            placements.put(output, map.streamPlacement());
            locals.put(output, sliced);
        }
        return locals.get(output);
    }
}
