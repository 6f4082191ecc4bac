package dev.dovetail.backends.cpu.family;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.stream.Collectors;

/** Shapes as they appear in kernel names: extents joined by x, bounded ones with a trailing n. */
final class Shapes {
    private Shapes() {}

    static String of(TensorType type) {
        return of(type.dims());
    }

    static String of(List<Dim> dims) {
        return dims.isEmpty()
                ? "1"
                : dims.stream()
                        .map(d -> KernelFrame.extent(d) instanceof dev.dovetail.backends.cpu.loop.Index.Constant
                                ? Long.toString(d.bound())
                                : d.bound() + "n")
                        .collect(Collectors.joining("x"));
    }
}
