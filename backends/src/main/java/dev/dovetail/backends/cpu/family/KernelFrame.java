package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.KernelSignature;
import dev.dovetail.backends.cpu.KernelSignature.LaunchSymbol;
import dev.dovetail.backends.cpu.KernelSignature.SymbolKind;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** The launch arguments of one kernel, as its loops name them. */
record KernelFrame(KernelSignature signature, ElementType element, List<Buffer> operands, List<Buffer> results) {

    static final Index WORKER = Index.named("worker");
    static final Index FROM = Index.named("from");
    static final Index TO = Index.named("to");

    static KernelFrame of(KernelTask task) {
        KernelSignature signature = KernelSignature.of(task);
        var operands = buffers(signature.operandNames(), signature.operands());
        var results = buffers(signature.resultNames(), signature.results());
        return new KernelFrame(signature, floatingType(signature), operands, results);
    }

    private static List<Buffer> buffers(List<String> names, List<TensorType> types) {
        var buffers = new ArrayList<Buffer>();
        for (int i = 0; i < names.size(); i++) {
            requireIndexable(types.get(i));
            buffers.add(new Buffer.Tensor(names.get(i), types.get(i).element()));
        }
        return List.copyOf(buffers);
    }

    private static void requireIndexable(TensorType type) {
        if (type.elements() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("CPU kernels count elements in 31 bits; " + type + " is larger");
        }
    }

    private static ElementType floatingType(KernelSignature signature) {
        var types = new ArrayList<>(signature.results());
        types.addAll(signature.operands());
        var floating = types.stream()
                .map(TensorType::element)
                .filter(ElementType::isFloating)
                .distinct()
                .toList();
        if (floating.size() != 1) {
            throw new IllegalArgumentException("a CPU kernel computes in one floating type, not " + floating);
        }
        return floating.getFirst();
    }

    Buffer operand(int index) {
        return operands.get(index);
    }

    Buffer result(int index) {
        return results.get(index);
    }

    TensorType operandType(int index) {
        return signature.operands().get(index);
    }

    TensorType resultType(int index) {
        return signature.results().get(index);
    }

    List<Parameter> parameters() {
        var parameters = new ArrayList<Parameter>();
        operands.forEach(b -> parameters.add(new Parameter.OfBuffer(b)));
        results.forEach(b -> parameters.add(new Parameter.OfBuffer(b)));
        for (LaunchSymbol symbol : signature.symbols()) {
            parameters.add(
                    symbol.kind() == SymbolKind.INTEGER
                            ? new Parameter.OfIndex(symbol.name())
                            : new Parameter.OfSymbol(symbol.name()));
        }
        return parameters;
    }

    /** The launch parameters, then {@code more}, then what a parallel part is told: its worker and its range. */
    List<Parameter> partParameters(Parameter... more) {
        var parameters = partlessParameters(more);
        parameters.add(new Parameter.OfIndex("worker"));
        parameters.add(new Parameter.OfIndex("from"));
        parameters.add(new Parameter.OfIndex("to"));
        return parameters;
    }

    /** The launch parameters, then {@code more}. */
    List<Parameter> partlessParameters(Parameter... more) {
        var parameters = new ArrayList<>(parameters());
        parameters.addAll(List.of(more));
        return parameters;
    }

    /** Hands on the launch arguments, then {@code more}. */
    List<Argument> arguments(Argument... more) {
        var arguments = new ArrayList<Argument>();
        operands.forEach(b -> arguments.add(new Argument.OfBuffer(b)));
        results.forEach(b -> arguments.add(new Argument.OfBuffer(b)));
        for (LaunchSymbol symbol : signature.symbols()) {
            arguments.add(
                    symbol.kind() == SymbolKind.INTEGER
                            ? new Argument.OfIndex(Index.named(symbol.name()))
                            : new Argument.OfSymbol(symbol.name()));
        }
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** A launch symbol as a number. */
    Expr number(String symbol) {
        return signature.symbol(symbol).orElseThrow().kind() == SymbolKind.INTEGER
                ? new Expr.FromIndex(Index.named(symbol))
                : new Expr.Symbol(symbol);
    }

    static Index extent(Dim dim) {
        return switch (dim.extent()) {
            case Extent.Fixed f -> Index.of(f.length());
            case Extent.Bounded b -> Index.named(b.symbol());
        };
    }
}
