package dev.dovetail.backends.cuda;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An index space as few loops as possible: neighbouring dims become one where every tensor stores them side by side or
 * lacks both.
 */
public record IndexLoops(List<Loop> loops) {

    /** Dims run through as one, the last fastest. */
    public record Loop(List<Dim> dims) {

        public String name() {
            return CudaNames.identifier(dims.stream().map(Dim::name).collect(Collectors.joining("_")));
        }

        String length() {
            return CudaSignature.length(dims);
        }

        private Dim last() {
            return dims.getLast();
        }
    }

    public IndexLoops {
        loops = List.copyOf(loops);
    }

    /**
     * Fuses {@code space}.
     *
     * @param apart dims whose own position is needed
     */
    public static IndexLoops over(List<Dim> space, List<TensorType> tensors, Collection<String> apart) {
        var loops = new ArrayList<List<Dim>>();
        for (Dim dim : space) {
            if (!loops.isEmpty() && fuses(loops.getLast().getLast(), dim, tensors, apart)) {
                loops.getLast().add(dim);
            } else {
                loops.add(new ArrayList<>(List.of(dim)));
            }
        }
        return new IndexLoops(loops.stream().map(Loop::new).toList());
    }

    private static boolean fuses(Dim outer, Dim inner, List<TensorType> tensors, Collection<String> apart) {
        // Strides are at the bound: a shorter inner dim leaves gaps that one loop cannot step over.
        boolean gapless = inner.extent() instanceof Extent.Fixed;
        return gapless
                && !apart.contains(outer.name())
                && !apart.contains(inner.name())
                && tensors.stream().allMatch(tensor -> adjacent(outer.name(), inner.name(), tensor.names()));
    }

    private static boolean adjacent(String outer, String inner, List<String> names) {
        int at = names.indexOf(outer);
        return at < 0
                ? !names.contains(inner)
                : at + 1 < names.size() && names.get(at + 1).equals(inner);
    }

    /** Elements of the whole space inside a kernel. */
    public String length() {
        return CudaSignature.length(
                loops.stream().flatMap(loop -> loop.dims().stream()).toList());
    }

    /** Elements of a product of dims inside a kernel, as an int. */
    public static String count(List<Dim> dims) {
        String length = CudaSignature.length(dims);
        boolean literal = length.chars().allMatch(Character::isDigit);
        return literal ? length : "static_cast<int>(" + length + ")";
    }

    /** Declares each loop's position from the linear {@code index}. */
    public void decompose(CudaWriter writer, String type, String index) {
        String rest = index;
        var lines = new ArrayList<String>();
        for (int i = loops.size() - 1; i >= 0; i--) {
            Loop loop = loops.get(i);
            boolean outermost = i == 0;
            String position = outermost ? rest : rest + " % " + factor(loop.length());
            lines.add("const " + type + " " + loop.name() + " = " + position + ";");
            rest = rest + " / " + factor(loop.length());
        }
        lines.forEach(writer::line);
    }

    private static String factor(String length) {
        return length.contains(" ") ? "(" + length + ")" : length;
    }

    /** The element offset of the current position in {@code tensor}. */
    public String offset(TensorType tensor) {
        var parts = new ArrayList<String>();
        for (Loop loop : loops) {
            if (tensor.has(loop.last().name())) {
                long stride = stride(tensor, loop.last().name());
                parts.add(stride == 1 ? loop.name() : loop.name() + " * " + stride);
            }
        }
        return parts.isEmpty() ? "0" : String.join(" + ", parts);
    }

    /** The loop variable of a dim that was kept apart. */
    public String position(String dim) {
        return loops.stream()
                .filter(loop -> loop.dims().size() == 1 && loop.last().name().equals(dim))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no loop of " + dim + " alone among " + loops))
                .name();
    }

    /** Elements between neighbours along {@code dim} in storage at the bound. */
    public static long stride(TensorType tensor, String dim) {
        long stride = 1;
        for (int i = tensor.dims().size() - 1; i >= 0; i--) {
            if (tensor.dims().get(i).name().equals(dim)) {
                return stride;
            }
            stride *= tensor.dims().get(i).bound();
        }
        throw new IllegalArgumentException("no dim " + dim + " in " + tensor);
    }
}
