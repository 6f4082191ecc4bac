package dev.dovetail.cli.validate.predict;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.engine.Engine;
import java.util.List;
import java.util.Map;

/** Single operators and exchanges through the cost model that times programs. */
public final class OperatorTimes {
    private static final IndexExpr ANYWHERE = IndexExpr.of(0);
    private static final RankClass ANY_RANK = new RankClass(
            "operator",
            0,
            0,
            Map.of(),
            List.of(),
            List.of(),
            new Schedule.Sequence(List.of()),
            new Schedule.Sequence(List.of()),
            List.of());

    private final Node node;
    private final Engine engine;

    public OperatorTimes(Node node, Engine engine) {
        this.node = node;
        this.engine = engine.briefly();
    }

    /** The device's 16-bit type. */
    public ElementType narrow() {
        return node.device().compute().containsKey(ElementType.BF16) ? ElementType.BF16 : ElementType.F16;
    }

    /** {@code [m, k] · [k, n]}, {@code count} times in one kernel. */
    public Seconds product(ElementType element, long count, long m, long n, long k) {
        Dim batch = Dim.of("batch", count);
        var left = TensorType.of(element, batch, Dim.of("rows", m), Dim.of("inner", k));
        var right = count == 1
                ? TensorType.of(element, Dim.of("inner", k), Dim.of("columns", n))
                : TensorType.of(element, batch, Dim.of("inner", k), Dim.of("columns", n));
        return compute(new MatMul(List.of("batch", "rows", "columns")), List.of(left, right));
    }

    /** Any operator by the types of its operands. */
    public Seconds compute(Op op, List<TensorType> operands) {
        var results = op.results(operands).stream().map(OperatorTimes::buffer).toList();
        var reads = operands.stream().map(OperatorTimes::buffer).toList();
        return alone(MeshShape.of(1, 1, 1)).apply(new Instruction.Compute(op, reads, results, Map.of()));
    }

    private static Buffer buffer(TensorType type) {
        return new Buffer("value", type, MemoryPart.ACTIVATIONS, ANYWHERE);
    }

    /**
     * An exchange of {@code bytes} among {@code ranks}, {@code apart} of them a node; {@code neighbours} groups do the same at
     * once on each node.
     *
     * @param bytes of the whole tensor that is reduced or gathered
     */
    public Seconds exchange(Kind kind, double bytes, int ranks, int neighbours) {
        long elements = Math.max(ranks, Math.round(bytes / ElementType.BF16.bytes() / ranks) * ranks);
        var exchange = new Instruction.FlatExchange(
                kind, MeshShape.DATA, ranks, ElementType.BF16, MemoryPart.GRADIENTS, ANYWHERE, ANYWHERE, elements);
        return alone(MeshShape.of(1, ranks, neighbours)).apply(exchange);
    }

    private java.util.function.Function<Instruction, Seconds> alone(MeshShape mesh) {
        int nodes = Math.ceilDiv(mesh.ranks(), node.devices());
        var cluster = Cluster.of("measured", List.of(new Cluster.NodeGroup(nodes, node, Origin.NONE)), Origin.NONE);
        var cost = CostModel.ofDevices(cluster, engine).cost(mesh, 0);
        return instruction -> cost.seconds(ANY_RANK, instruction);
    }
}
