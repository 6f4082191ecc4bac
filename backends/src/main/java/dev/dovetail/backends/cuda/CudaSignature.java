package dev.dovetail.backends.cuda;

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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What every entry of a kernel is called with: the base of the rank's memory, then for each operand and each result its
 * byte offset ({@code long long}), then the launch symbols.
 *
 * <p>Symbols come in this order, each once: extents as they first appear in the types, positions the operator reads, then
 * numbers of the expression. Extents and positions are {@code long long}, numbers {@code double}. Tensors are row-major
 * with strides at the bound of every dim, whatever the extents at launch. An operand and a result at the same offset are
 * one tensor updated in place.
 *
 * @param operands names of the operands, such as {@code left}
 * @param results names of the results
 */
public record CudaSignature(List<String> operands, List<String> results, List<LaunchSymbol> symbols) {

    public CudaSignature {
        operands = List.copyOf(operands);
        results = List.copyOf(results);
        symbols = List.copyOf(symbols);
    }

    static CudaSignature of(KernelWork work, List<String> operands, List<String> results) {
        var symbols = new LinkedHashMap<String, LaunchSymbol>();
        Stream.concat(work.operands().stream(), work.results().stream())
                .flatMap(type -> type.dims().stream())
                .forEach(dim -> addExtent(symbols, dim.extent()));
        if (work instanceof KernelWork.OperatorWork operator) {
            space(operator.op()).forEach(dim -> addExtent(symbols, dim.extent()));
            positions(operator.op()).forEach(name -> add(symbols, name, LaunchSymbol.Kind.COUNT));
        }
        work.expressions().forEach(expr -> addNumbers(symbols, expr));
        return new CudaSignature(operands, results, List.copyOf(symbols.values()));
    }

    private static void addExtent(Map<String, LaunchSymbol> symbols, Extent extent) {
        switch (extent) {
            case Extent.Fixed fixed -> {}
            case Extent.Bounded bounded -> add(symbols, bounded.symbol(), LaunchSymbol.Kind.COUNT);
        }
    }

    private static void addNumbers(Map<String, LaunchSymbol> symbols, ScalarExpr expr) {
        if (expr instanceof ScalarExpr.Symbol symbol) {
            add(symbols, symbol.name(), LaunchSymbol.Kind.NUMBER);
        }
        expr.children().forEach(child -> addNumbers(symbols, child));
    }

    private static void add(Map<String, LaunchSymbol> symbols, String name, LaunchSymbol.Kind kind) {
        symbols.putIfAbsent(name, new LaunchSymbol(name, kind));
    }

    private static List<Dim> space(Op op) {
        return op instanceof MapReduce reduce ? reduce.space().dims() : List.of();
    }

    private static List<String> positions(Op op) {
        Stream<Optional<String>> named = switch (op) {
            case Attend attend -> ofPattern(attend.pattern());
            case AttendGrad grad -> ofPattern(grad.pattern());
            case Gather gather -> Stream.of(gather.start());
            case ScatterAdd scatter -> Stream.of(scatter.start());
            case CacheWrite write -> Stream.of(Optional.of(write.start()));
            case Dispatch dispatch -> Stream.of(dispatch.start());
            case Combine combine -> Stream.of(combine.start());
            case GateGrad grad -> Stream.of(grad.start());
            case Route r -> Stream.empty();
            case Join j -> Stream.empty();
            case Part p -> Stream.empty();
            case Shift shift -> Stream.of(shift.carried().map(Carried::start));
            case Scan scan -> Stream.of(scan.carried().map(Carried::start));
            case Regroup r -> Stream.empty();
            case MatMul m -> Stream.empty();
            case MapOp m -> Stream.empty();
            case MapReduce m -> Stream.empty();
            case Normalize n -> Stream.empty();
            case NormalizeGrad n -> Stream.empty();
            case Rotate r -> Stream.empty();
            case Communication c -> Stream.empty();
        };
        return named.flatMap(Optional::stream).toList();
    }

    private static Stream<Optional<String>> ofPattern(AttentionPattern pattern) {
        return Stream.of(pattern.start(), pattern.headStart());
    }

    /** The C++ parameter list, wrapped at {@code indent} spaces. */
    String parameters(String indent) {
        var parts = new ArrayList<String>();
        operands.forEach(name -> parts.add("long long " + name + "_at"));
        results.forEach(name -> parts.add("long long " + name + "_at"));
        symbols.forEach(symbol -> parts.add(symbol.declaration()));
        return "unsigned char* memory"
                + parts.stream().map(part -> ",\n" + indent + part).collect(Collectors.joining());
    }

    /** The length of {@code extent} inside a kernel: a literal or a parameter. */
    static String length(Extent extent) {
        return switch (extent) {
            case Extent.Fixed fixed -> Long.toString(fixed.length());
            case Extent.Bounded bounded -> new LaunchSymbol(bounded.symbol(), LaunchSymbol.Kind.COUNT).parameter();
        };
    }

    /** Elements of a product of dims inside a kernel. */
    static String length(List<Dim> dims) {
        long fixed = 1;
        var factors = new ArrayList<String>();
        for (Dim dim : dims) {
            switch (dim.extent()) {
                case Extent.Fixed f -> fixed = Math.multiplyExact(fixed, f.length());
                case Extent.Bounded b -> factors.add(length(b));
            }
        }
        if (fixed != 1 || factors.isEmpty()) {
            factors.add(fixed > Integer.MAX_VALUE ? fixed + "LL" : Long.toString(fixed));
        }
        return String.join(" * ", factors);
    }

    /** Every type of the work, operands first. */
    static List<TensorType> types(KernelWork work) {
        return Stream.concat(work.operands().stream(), work.results().stream()).toList();
    }
}
