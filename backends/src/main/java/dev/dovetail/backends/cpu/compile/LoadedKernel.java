package dev.dovetail.backends.cpu.compile;

import dev.dovetail.backends.cpu.KernelSignature;
import dev.dovetail.backends.cpu.KernelSignature.SymbolKind;
import dev.dovetail.backends.cpu.KernelTask;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A compiled kernel, ready to launch. */
public final class LoadedKernel {
    private final KernelSignature signature;
    private final MethodHandle run;

    LoadedKernel(KernelTask task, MethodHandle run) {
        this.signature = KernelSignature.of(task);
        this.run = run.asSpreader(Object[].class, run.type().parameterCount())
                .asType(java.lang.invoke.MethodType.methodType(void.class, Object[].class));
    }

    public KernelSignature signature() {
        return signature;
    }

    /**
     * Binds arguments once, so that what is timed is the kernel.
     *
     * @param workers the runtime's workers, of the type the kernel was compiled against
     * @param offsets byte offset of each operand, then of each result
     * @param symbols values of the launch symbols, by name
     */
    public Runnable bind(Object workers, MemorySegment memory, List<Long> offsets, Map<String, Double> symbols) {
        var arguments = new ArrayList<Object>(List.of(workers, memory));
        arguments.addAll(offsets);
        for (var symbol : signature.symbols()) {
            Double value = symbols.get(symbol.name());
            if (value == null) {
                throw new IllegalArgumentException("no value for launch symbol " + symbol.name() + " among " + symbols);
            }
            arguments.add(symbol.kind() == SymbolKind.INTEGER ? (Object) value.longValue() : value);
        }
        Object[] spread = arguments.toArray();
        return () -> invoke(spread);
    }

    private void invoke(Object[] arguments) {
        try {
            run.invokeExact(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a kernel throws no checked exceptions", e);
        }
    }
}
