package dev.dovetail.ir.calibration;

import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Which law each operator's CPU kernel follows: the sizes its loops run over. */
public final class Workloads {
    private Workloads() {}

    public static Workload of(Op op, List<TensorType> operands) {
        return switch (op) {
            case MatMul m -> matMul(m, operands);
            case MapOp m -> elementwise("map", m.expr(), m.type(), bytes(op, operands));
            case MapReduce r ->
                elementwise(
                        reducesInnermost(r) ? "reduce_inner" : "reduce_outer",
                        r.expr(),
                        r.space(),
                        bytes(op, operands));
            case Normalize n -> rows(op.label(), operands.getFirst(), n.over());
            case NormalizeGrad n -> rows(op.label(), operands.getFirst(), n.over());
            case Attend a -> attention(op.label(), a.pattern(), operands.get(0), operands.get(1));
            case AttendGrad a -> attention(op.label(), a.pattern(), operands.get(1), operands.get(2));
            case Rotate r ->
                Workload.of("rotate", "elements", operands.getFirst().elements());
            case Gather g ->
                Workload.of(
                        "gather", "elements", op.results(operands).getFirst().elements());
            case ScatterAdd s ->
                Workload.of(
                        "scatter_add",
                        "elements",
                        operands.get(1).elements(),
                        "table",
                        op.results(operands).getFirst().elements());
            case CacheWrite c ->
                Workload.of("cache_write", "elements", operands.get(1).elements());
            case Route r ->
                Workload.of(
                        "route",
                        "comparisons",
                        (double) r.choices() * operands.getFirst().elements());
            case Dispatch d -> copies(op, operands);
            case Combine c -> copies(op, operands);
            case GateGrad g -> copies(op, operands);
            case Join j -> copies(op, operands);
            case Part p -> copies(op, operands);
            case Shift s -> copies(op, operands.subList(0, 1));
            case Regroup r -> copies(op, operands);
            case Scan s -> Workload.of("scan", "elements", operands.get(1).elements());
            case Communication c -> throw new IllegalArgumentException(c.label() + " is timed by its transport");
        };
    }

    /** An operator that moves rows about: as long as it has elements to read and to write. */
    private static Workload copies(Op op, List<TensorType> operands) {
        double read = operands.stream().mapToDouble(TensorType::elements).sum();
        double written = op.results(operands).getFirst().elements();
        return Workload.of(op.label(), "read", read, "written", written);
    }

    /** AdamW on a flat stretch. */
    public static Workload update(long elements) {
        return Workload.of("update", "elements", elements);
    }

    /** Setting memory to zero. */
    public static Workload zero(long bytes) {
        return Workload.of("zero", "bytes", bytes);
    }

    private static double bytes(Op op, List<TensorType> operands) {
        return op.bytes(operands);
    }

    /** Rows M, columns N and depth K; the law names which operand has its depth outermost and must be turned to be packed. */
    private static Workload matMul(MatMul op, List<TensorType> operands) {
        TensorType left = operands.get(0);
        TensorType right = operands.get(1);
        TensorType result = op.results(operands).getFirst();
        var summed = op.contracted(left, right);
        double k = summed.stream().mapToDouble(d -> left.dim(d).bound()).reduce(1, (a, b) -> a * b);
        double shared = left.dims().stream()
                .filter(d -> right.has(d.name()) && result.has(d.name()))
                .mapToDouble(d -> d.bound())
                .reduce(1, (a, b) -> a * b);
        double m = left.elements() / (k * shared);
        double n = right.elements() / (k * shared);
        boolean leftDeep = summed.contains(left.dims().getLast().name());
        boolean rightDeep = summed.contains(right.dims().getLast().name());
        String law = "matmul_" + (leftDeep ? "n" : "t") + (rightDeep ? "t" : "n");
        return Workload.of(
                law,
                "m*n*k",
                shared * m * n * k,
                "m*k",
                shared * m * k,
                "k*n",
                shared * k * n,
                "m*n",
                shared * m * n,
                "products",
                shared);
    }

    private static boolean reducesInnermost(MapReduce reduce) {
        return reduce.over().contains(reduce.space().dims().getLast().name());
    }

    private static Workload elementwise(String law, ScalarExpr expr, TensorType space, double bytes) {
        double elements = space.elements();
        return Workload.of(
                law,
                "operations",
                elements * Math.max(1, expr.operations() - expr.transcendentals()),
                "transcendentals",
                elements * expr.transcendentals(),
                "bytes",
                bytes);
    }

    private static Workload rows(String law, TensorType x, String over) {
        return Workload.of(
                law,
                "elements",
                x.elements(),
                "rows",
                x.elements() / x.dim(over).bound());
    }

    private static Workload attention(String law, AttentionPattern pattern, TensorType q, TensorType k) {
        double queries = q.dim(pattern.queries()).bound();
        double keys = k.dim(pattern.keys()).bound();
        double headDim = q.dim(AttentionPattern.HEAD_DIM).bound();
        double heads = q.elements() / (queries * headDim);
        double seen = pattern.causal() ? pattern.looksBack(queries, keys) : 1;
        return Workload.of(
                law + (pattern.causal() ? "_causal" : ""),
                "score products",
                heads * queries * keys * headDim * seen,
                "scores",
                heads * queries * keys * seen,
                "elements",
                heads * queries * headDim);
    }
}
