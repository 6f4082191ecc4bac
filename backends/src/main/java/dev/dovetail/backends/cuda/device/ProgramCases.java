package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The kernels of a program as cases to check, with plain values for the numbers known only at launch. */
public final class ProgramCases {
    private static final double ANY_NUMBER = 0.5;

    private ProgramCases() {}

    /** Extents at their bounds, positions at 0, numbers such as the learning rate at {@value #ANY_NUMBER}. */
    public static List<KernelCase> of(ProgramKernels kernels) {
        return kernels.kernels().stream()
                .map(kernel -> new KernelCase(kernel.work(), symbols(kernel)))
                .toList();
    }

    private static Map<String, Double> symbols(CudaKernel kernel) {
        var values = new LinkedHashMap<String, Double>();
        for (LaunchSymbol symbol : kernel.signature().symbols()) {
            values.put(symbol.name(), symbol.kind() == LaunchSymbol.Kind.COUNT ? 0 : ANY_NUMBER);
        }
        Stream.concat(kernel.work().operands().stream(), kernel.work().results().stream())
                .flatMap(type -> type.dims().stream())
                .map(Dim::extent)
                .forEach(extent -> {
                    if (extent instanceof Extent.Bounded bounded) {
                        values.put(bounded.symbol(), (double) bounded.bound());
                    }
                });
        return values;
    }
}
