package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.Derivative;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * d operand_i = sum over the dims the operand lacks of gradient · d expr / d operand_i.
 *
 * <p>d f(s(x, y)) = f'(s) · (ds/dx, ds/dy): where f' takes exponentials and several operands need it, as the weights, the
 * bias and the inputs of an activated convolution do, gradient · f' is written once and read by each, unless that moves more
 * elements than computing it again.
 */
final class MapGradients {
    private final BackwardContext context;
    private final ScalarExpr expr;
    private final TensorType space;
    private final Value gradient;

    /** @param space every dim the expression was evaluated over */
    MapGradients(BackwardContext context, ScalarExpr expr, TensorType space) {
        this.context = context;
        this.expr = expr;
        this.space = space;
        this.gradient = context.gradient(0).orElseThrow();
    }

    /** A gradient for each operand that the expression reads; empty where nobody wants it or it is 0. */
    List<Optional<Value>> emit() {
        var wanted = new ArrayList<Integer>();
        int count = MapOp.operandCount(expr);
        for (int i = 0; i < count; i++) {
            if (context.wants(i) && !Derivative.of(expr, i).equals(Scalars.constant(0))) {
                wanted.add(i);
            }
        }
        Optional<SharedPart> shared = shared(wanted);
        Optional<Value> ofPart = shared.map(part ->
                emit(gradient, part.slope(), new TensorType(gradient.type().element(), space.dims())));
        var gradients = new ArrayList<Optional<Value>>();
        for (int i = 0; i < count; i++) {
            if (!wanted.contains(i)) {
                gradients.add(Optional.empty());
                continue;
            }
            TensorType target = context.operand(i).type();
            gradients.add(Optional.of(
                    shared.isPresent() && shared.get().operands().contains(i)
                            ? emit(
                                    ofPart.orElseThrow(),
                                    Derivative.of(shared.get().part(), i),
                                    target)
                            : emit(gradient, Derivative.of(expr, i), target)));
        }
        return gradients;
    }

    private Value emit(Value from, ScalarExpr slope, TensorType target) {
        // Argument 0 of the pulled-back expression is the gradient, the operands it still reads follow.
        List<Integer> reads = List.copyOf(arguments(slope));
        ScalarExpr product =
                Scalars.multiply(Scalars.arg(0), slope.replaceArgs(arg -> Scalars.arg(1 + reads.indexOf(arg.index()))));
        if (product.equals(Scalars.arg(0)) && target.equals(from.type())) {
            // The gradient of a sum is its operands' gradient: nothing is computed.
            return from;
        }
        var operands = new ArrayList<Value>(List.of(from));
        reads.forEach(index -> operands.add(context.operand(index)));
        Value[] read = operands.toArray(Value[]::new);
        var missing = space.names().stream().filter(name -> !target.has(name)).toList();
        return missing.isEmpty()
                ? context.emitOne(new MapOp(product, target), read)
                : context.emitOne(
                        new MapReduce(product, new TensorType(target.element(), space.dims()), missing, Splitting.SUM),
                        read);
    }

    /**
     * A part of the expression outside of which none of {@code operands} is read.
     *
     * @param slope of the expression by the part
     */
    private record SharedPart(ScalarExpr part, ScalarExpr slope, List<Integer> operands) {}

    /** The part that saves most; empty where none saves anything. */
    private Optional<SharedPart> shared(List<Integer> wanted) {
        var parts = new LinkedHashSet<ScalarExpr>();
        collect(expr, parts);
        return parts.stream()
                .flatMap(part -> shared(part, wanted).stream())
                .filter(part -> saved(part) > 0)
                .max(Comparator.comparingDouble(this::saved));
    }

    private static void collect(ScalarExpr expr, Set<ScalarExpr> parts) {
        if (!expr.children().isEmpty() && parts.add(expr)) {
            expr.children().forEach(child -> collect(child, parts));
        }
    }

    private Optional<SharedPart> shared(ScalarExpr part, List<Integer> wanted) {
        int standIn = MapOp.operandCount(expr);
        ScalarExpr around = replace(expr, part, Scalars.arg(standIn));
        Set<Integer> outside = arguments(around);
        List<Integer> inside = arguments(part).stream()
                .filter(index -> wanted.contains(index) && !outside.contains(index))
                .toList();
        if (inside.size() < 2) {
            return Optional.empty();
        }
        ScalarExpr slope = Derivative.of(around, standIn).replaceArgs(arg -> arg.index() == standIn ? part : arg);
        return slope.transcendentals() > 0 ? Optional.of(new SharedPart(part, slope, inside)) : Optional.empty();
    }

    /** Elements that are not read or written where the part's gradient is. */
    private double saved(SharedPart shared) {
        double without = 0;
        double with = elements(arguments(shared.slope())) + gradient.type().elements() + space.elements();
        for (int i : shared.operands()) {
            ScalarExpr slope = Derivative.of(shared.part(), i);
            double written = context.operand(i).type().elements();
            without += gradient.type().elements() + elements(arguments(Derivative.of(expr, i))) + written;
            boolean passedOn = slope.equals(Scalars.constant(1)) && written == space.elements();
            with += passedOn ? 0 : space.elements() + elements(arguments(slope)) + written;
        }
        return without - with;
    }

    private double elements(Collection<Integer> operands) {
        return operands.stream()
                .mapToDouble(index -> context.operand(index).type().elements())
                .sum();
    }

    private static ScalarExpr replace(ScalarExpr expr, ScalarExpr part, ScalarExpr by) {
        return expr.equals(part) ? by : expr.mapChildren(child -> replace(child, part, by));
    }

    private static Set<Integer> arguments(ScalarExpr expr) {
        var found = new TreeSet<Integer>();
        collectArguments(expr, found);
        return found;
    }

    private static void collectArguments(ScalarExpr expr, Set<Integer> found) {
        if (expr instanceof ScalarExpr.Arg arg) {
            found.add(arg.index());
        }
        expr.children().forEach(child -> collectArguments(child, found));
    }
}
