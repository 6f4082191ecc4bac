package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.optimizer.law.MatMulLaw.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Joins products of a body as engines do whose projections share one weight: products that read the same activations become one
 * with more columns, products whose results are only added up become one with a longer sum.
 */
final class JoinedProducts {
    private final List<Instruction> body;
    private final List<List<Kernel>> kernels;
    private final Map<String, Integer> versions = new HashMap<>();
    /** By what is read and what is summed over: the products that read it. */
    private final Map<String, List<Integer>> readers = new LinkedHashMap<>();
    /** The product that wrote a buffer last. */
    private final Map<String, Integer> writers = new HashMap<>();

    private final Set<Integer> joined = new HashSet<>();

    JoinedProducts(List<Instruction> body, List<List<Kernel>> kernels) {
        this.body = body;
        this.kernels = kernels;
    }

    void join() {
        for (int i = 0; i < body.size(); i++) {
            if (body.get(i) instanceof Instruction.Compute c) {
                visit(i, c);
                c.results().forEach(result -> versions.merge(place(result), 1, Integer::sum));
            }
        }
        readers.values().stream()
                .filter(group -> group.size() > 1)
                .sorted(Comparator.comparingInt(group -> -group.size()))
                .forEach(this::widen);
    }

    private static String place(Buffer buffer) {
        return buffer.name() + "@" + buffer.offset();
    }

    private String version(Buffer buffer) {
        return place(buffer) + "#" + versions.getOrDefault(place(buffer), 0);
    }

    private void visit(int index, Instruction.Compute c) {
        if (c.op() instanceof MatMul m) {
            var left = c.operands().get(0);
            var right = c.operands().get(1);
            List<String> summed = m.contracted(left.type(), right.type());
            readers.computeIfAbsent("left " + version(left) + summed, k -> new ArrayList<>())
                    .add(index);
            readers.computeIfAbsent("right " + version(right) + summed, k -> new ArrayList<>())
                    .add(index);
            writers.put(place(c.results().getFirst()), index);
            return;
        }
        if (c.op() instanceof MapOp map && isSum(map.expr())) {
            lengthen(index, c);
        }
        c.results().forEach(result -> writers.remove(place(result)));
    }

    private static boolean isSum(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Arg a -> true;
            case ScalarExpr.Binary b -> b.kind() == ScalarExpr.BinaryKind.ADD && isSum(b.left()) && isSum(b.right());
            case ScalarExpr.Const c -> false;
            case ScalarExpr.IndexOf i -> false;
            case ScalarExpr.Symbol y -> false;
            case ScalarExpr.Detached d -> false;
            case ScalarExpr.Unary u -> false;
            case ScalarExpr.Select t -> false;
        };
    }

    /** A sum of nothing but products of one shape: one product over all their terms. */
    private void lengthen(int index, Instruction.Compute sum) {
        var parts = new ArrayList<Integer>();
        for (Buffer operand : sum.operands()) {
            Integer writer = writers.get(place(operand));
            if (writer == null || joined.contains(writer)) {
                return;
            }
            parts.add(writer);
        }
        if (parts.size() < 2 || parts.stream().map(this::extent).distinct().count() > 1) {
            return;
        }
        Kernel.Product first = product(parts.getFirst());
        double depth = parts.stream().mapToDouble(i -> product(i).shape().k()).sum();
        Shape s = first.shape();
        put(parts, new Shape(s.batch(), s.m(), s.n(), depth, s.inputBytes(), s.resultBytes()));
        kernels.set(index, List.of());
    }

    private List<Double> extent(int index) {
        Shape s = product(index).shape();
        return List.of(s.batch(), s.m(), s.n());
    }

    private void widen(List<Integer> group) {
        var free = group.stream().filter(i -> !joined.contains(i)).toList();
        if (free.size() < 2) {
            return;
        }
        Shape s = product(free.getFirst()).shape();
        var others = free.stream().map(i -> product(i).shape()).toList();
        boolean sharesLeft = others.stream().allMatch(o -> o.m() == s.m());
        double m = sharesLeft ? s.m() : others.stream().mapToDouble(Shape::m).sum();
        double n = sharesLeft ? others.stream().mapToDouble(Shape::n).sum() : s.n();
        put(free, new Shape(s.batch(), m, n, s.k(), s.inputBytes(), s.resultBytes()));
    }

    private Kernel.Product product(int index) {
        return (Kernel.Product) kernels.get(index).getFirst();
    }

    /** The first of {@code parts} does all their work. */
    private void put(List<Integer> parts, Shape whole) {
        Kernel.Product first = product(parts.getFirst());
        boolean sharesInput = whole.k() == first.shape().k();
        double converted = sharesInput
                ? first.converted()
                : parts.stream().mapToDouble(i -> product(i).converted()).sum();
        for (int part : parts) {
            kernels.set(part, List.of());
            joined.add(part);
        }
        kernels.set(parts.getFirst(), List.of(new Kernel.Product(whole, first.element(), first.linear(), converted)));
    }
}
