package dev.dovetail.backends.cpu;

import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Carried;
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
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The arguments of a kernel's {@code run} after the workers and the arena: a byte offset per operand, one per result, then
 * the launch symbols in the order of {@link #symbols}.
 *
 * <p>Symbols come as they first appear: bounded extents of the operands' dims (operand by operand), of the results' dims,
 * then those of the operator itself. Operators that work in place take the same offset as operand and as result.
 *
 * @param operands types of the operands
 * @param results types of the results
 * @param symbols what follows the offsets
 */
public record KernelSignature(List<TensorType> operands, List<TensorType> results, List<LaunchSymbol> symbols) {
    public KernelSignature {
        operands = List.copyOf(operands);
        results = List.copyOf(results);
        symbols = List.copyOf(symbols);
    }

    /** Whether a symbol is passed as a {@code long} (extents and positions) or a {@code double}. */
    public enum SymbolKind {
        INTEGER,
        REAL
    }

    /** A number passed at launch. */
    public record LaunchSymbol(String name, SymbolKind kind) {}

    public static KernelSignature of(KernelTask task) {
        var symbols = new LinkedHashMap<String, SymbolKind>();
        Stream.concat(task.operands().stream(), task.results().stream())
                .flatMap(type -> type.dims().stream())
                .forEach(dim -> extent(dim, symbols));
        switch (task) {
            case KernelTask.Operator o -> operator(o.op(), symbols);
            case KernelTask.Accumulate a -> {}
            case KernelTask.Update u -> u.rule().outputs().forEach(e -> expression(e, symbols));
        }
        return new KernelSignature(
                task.operands(),
                task.results(),
                symbols.entrySet().stream()
                        .map(e -> new LaunchSymbol(e.getKey(), e.getValue()))
                        .toList());
    }

    public Optional<LaunchSymbol> symbol(String name) {
        return symbols.stream().filter(s -> s.name().equals(name)).findFirst();
    }

    private static void extent(Dim dim, Map<String, SymbolKind> symbols) {
        if (dim.extent() instanceof Extent.Bounded bounded) {
            symbols.putIfAbsent(bounded.symbol(), SymbolKind.INTEGER);
        }
    }

    private static void operator(Op op, Map<String, SymbolKind> symbols) {
        switch (op) {
            case MatMul m -> {}
            case MapOp m -> expression(m.expr(), symbols);
            case MapReduce m -> {
                m.space().dims().forEach(dim -> extent(dim, symbols));
                expression(m.expr(), symbols);
            }
            case Normalize n -> {}
            case NormalizeGrad n -> {}
            case Attend a -> positions(a.pattern(), symbols);
            case AttendGrad a -> positions(a.pattern(), symbols);
            case Rotate r -> {}
            case Gather g -> integer(g.start(), symbols);
            case ScatterAdd s -> integer(s.start(), symbols);
            case CacheWrite c -> integer(Optional.of(c.start()), symbols);
            case Route r -> {}
            case Dispatch d -> integer(d.start(), symbols);
            case Combine c -> integer(c.start(), symbols);
            case GateGrad g -> integer(g.start(), symbols);
            case Join j -> {}
            case Part p -> {}
            case Shift s -> integer(s.carried().map(Carried::start), symbols);
            case Scan s -> integer(s.carried().map(Carried::start), symbols);
            case Regroup r -> {}
            case Communication c -> throw new IllegalArgumentException(c.label() + " is not a kernel");
        }
    }

    private static void positions(AttentionPattern pattern, Map<String, SymbolKind> symbols) {
        integer(pattern.headStart(), symbols);
        integer(pattern.start(), symbols);
    }

    private static void integer(Optional<String> name, Map<String, SymbolKind> symbols) {
        name.ifPresent(n -> symbols.putIfAbsent(n, SymbolKind.INTEGER));
    }

    private static void expression(ScalarExpr expr, Map<String, SymbolKind> symbols) {
        if (expr instanceof ScalarExpr.Symbol symbol) {
            symbols.putIfAbsent(symbol.name(), SymbolKind.REAL);
        }
        expr.children().forEach(child -> expression(child, symbols));
    }

    /** Names of the operands' offsets, in order: a, b, c, … */
    public List<String> operandNames() {
        var names = new ArrayList<String>();
        for (int i = 0; i < operands.size(); i++) {
            names.add(i < 8 ? String.valueOf((char) ('a' + i)) : "a" + i);
        }
        return names;
    }

    /** Names of the results' offsets, in order: y, or y0, y1, … */
    public List<String> resultNames() {
        var names = new ArrayList<String>();
        for (int i = 0; i < results.size(); i++) {
            names.add(results.size() == 1 ? "y" : "y" + i);
        }
        return names;
    }
}
