package dev.dovetail.ir.shard;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.Runs;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs a local graph on every rank of an axis, operator by operator, exchanging real tensors between the ranks. */
final class RankInterpreter {
    private final LocalGraph local;
    private final int ways;
    private final List<Map<Value, DoubleTensor>> ranks = new ArrayList<>();
    private final ReferenceEnvironment environment;

    RankInterpreter(LocalGraph local, int ways, ReferenceEnvironment environment) {
        this.local = local;
        this.ways = ways;
        this.environment = environment;
    }

    /** @param whole the undivided inputs and parameters, by value id */
    void run(Map<Integer, DoubleTensor> whole) {
        Graph graph = local.graph();
        for (int rank = 0; rank < ways; rank++) {
            var known = new HashMap<Value, DoubleTensor>();
            for (Input input : graph.inputs()) {
                known.put(input.value(), shardOf(input.value(), whole, rank));
            }
            for (var parameter : graph.parameters()) {
                known.put(parameter.value(), shardOf(parameter.value(), whole, rank));
            }
            ranks.add(known);
        }
        graph.nodes().forEach(this::step);
    }

    private DoubleTensor shardOf(Value value, Map<Integer, DoubleTensor> whole, int rank) {
        DoubleTensor tensor = whole.get(value.id());
        if (tensor == null) {
            throw new IllegalArgumentException("nothing is given for " + value);
        }
        DoubleTensor shard = switch (local.placements().get(value.id())) {
            case Placement.Whole w -> tensor;
            case Placement.Split s -> cut(tensor, s.dim(), rank, ways);
        };
        check(value, shard);
        return shard;
    }

    private static void check(Value value, DoubleTensor tensor) {
        if (!tensor.type().equals(value.type())) {
            throw new IllegalArgumentException(value + " is " + value.type() + " here, got " + tensor.type());
        }
    }

    private void step(Node node) {
        if (node.op() instanceof Communication exchange) {
            Value operand = node.operands().getFirst();
            var parts = ranks.stream().map(known -> known.get(operand)).toList();
            for (int rank = 0; rank < ways; rank++) {
                put(rank, node, List.of(exchanged(exchange, parts, rank)));
            }
            return;
        }
        for (int rank = 0; rank < ways; rank++) {
            var known = ranks.get(rank);
            var operands = node.operands().stream().map(known::get).toList();
            put(rank, node, node.op().reference(operands, symbolsOf(rank)));
        }
    }

    private void put(int rank, Node node, List<DoubleTensor> results) {
        for (int i = 0; i < results.size(); i++) {
            check(node.results().get(i), results.get(i));
            ranks.get(rank).put(node.results().get(i), results.get(i));
        }
    }

    private ReferenceEnvironment symbolsOf(int rank) {
        var symbols = new HashMap<>(environment.symbols());
        local.shardStarts().forEach((name, start) -> symbols.put(name, (double) rank * start.extent()));
        return new ReferenceEnvironment(symbols);
    }

    private DoubleTensor exchanged(Communication exchange, List<DoubleTensor> parts, int rank) {
        return switch (exchange.kind()) {
            case ALL_REDUCE -> reduced(parts, exchange.reduction());
            case REDUCE_SCATTER ->
                cut(reduced(parts, exchange.reduction()), exchange.dim().orElseThrow(), rank, ways);
            case ALL_GATHER -> joined(parts, exchange.dim().orElseThrow());
            case ALL_TO_ALL ->
                cut(
                        joined(parts, exchange.gathered().orElseThrow()),
                        exchange.dim().orElseThrow(),
                        rank,
                        ways);
            case SLICE -> cut(parts.get(rank), exchange.dim().orElseThrow(), rank, ways);
        };
    }

    static DoubleTensor reduced(List<DoubleTensor> parts, Splitting reduction) {
        double[] total = parts.getFirst().values().clone();
        for (DoubleTensor part : parts.subList(1, parts.size())) {
            for (int i = 0; i < total.length; i++) {
                total[i] =
                        reduction == Splitting.MAX ? Math.max(total[i], part.values()[i]) : total[i] + part.values()[i];
            }
        }
        return new DoubleTensor(parts.getFirst().type(), total);
    }

    static DoubleTensor cut(DoubleTensor whole, String dim, int rank, int ways) {
        TensorType type = new Placement.Split(dim).local(whole.type(), ways);
        DoubleTensor shard = DoubleTensor.zeros(type);
        Runs from = Runs.along(whole.type(), dim);
        Runs to = Runs.along(type, dim);
        for (int before = 0; before < to.outer(); before++) {
            int first = from.at(before, rank * to.length());
            System.arraycopy(whole.values(), first, shard.values(), to.at(before, 0), to.length() * to.run());
        }
        return shard;
    }

    static DoubleTensor joined(List<DoubleTensor> parts, String dim) {
        TensorType part = parts.getFirst().type();
        Runs from = Runs.along(part, dim);
        DoubleTensor whole = DoubleTensor.zeros(part.withExtent(dim, Extent.of((long) from.length() * parts.size())));
        Runs to = Runs.along(whole.type(), dim);
        for (int rank = 0; rank < parts.size(); rank++) {
            for (int before = 0; before < from.outer(); before++) {
                int first = to.at(before, rank * from.length());
                System.arraycopy(
                        parts.get(rank).values(),
                        from.at(before, 0),
                        whole.values(),
                        first,
                        from.length() * from.run());
            }
        }
        return whole;
    }

    /** The undivided tensor that the ranks hold together; fails where ranks that hold all of it disagree in a bit. */
    DoubleTensor whole(Value value, int idInWholeGraph) {
        var parts = ranks.stream().map(known -> known.get(value)).toList();
        if (local.pendingSums().contains(value)) {
            return reduced(parts, Splitting.SUM);
        }
        return switch (local.placements().get(idInWholeGraph)) {
            case Placement.Split s -> joined(parts, s.dim());
            case Placement.Whole w -> {
                for (DoubleTensor part : parts) {
                    if (!Arrays.equals(part.values(), parts.getFirst().values())) {
                        throw new IllegalStateException("ranks disagree about " + value);
                    }
                }
                yield parts.getFirst();
            }
        };
    }
}
