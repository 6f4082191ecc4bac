package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Loops over a space of named dims, outermost first, with each tensor's strides. */
record LoopNest(List<LoopDim> dims) {
    LoopNest {
        dims = List.copyOf(dims);
    }

    /**
     * Loops over {@code space}; adjacent dims merge where all tensors allow it. Tensors are stored row-major at the bound of
     * each dim.
     *
     * @param alone dims whose position is asked for, kept as loops of their own
     */
    static LoopNest over(List<Dim> space, List<TensorType> tensors, Set<String> alone) {
        var merged = new ArrayList<LoopDim>();
        for (Dim dim : space) {
            Index extent = KernelFrame.extent(dim);
            if (extent.is(1) && !alone.contains(dim.name())) {
                continue;
            }
            LoopDim next = new LoopDim(
                    List.of(dim.name()),
                    extent,
                    dim.bound(),
                    tensors.stream().map(t -> stride(t, dim.name())).toList());
            if (!merged.isEmpty() && mergeable(merged.getLast(), next, alone)) {
                merged.set(merged.size() - 1, merge(merged.getLast(), next));
            } else {
                merged.add(next);
            }
        }
        return new LoopNest(merged);
    }

    /** Elements between neighbours along a dim; 0 where the tensor lacks it. */
    static long stride(TensorType type, String name) {
        int at = type.names().indexOf(name);
        return at < 0
                ? 0
                : type.dims().subList(at + 1, type.dims().size()).stream()
                        .mapToLong(Dim::bound)
                        .reduce(1, (a, b) -> a * b);
    }

    private static boolean mergeable(LoopDim outer, LoopDim inner, Set<String> alone) {
        if (!inner.isFixed()
                || outer.names().stream().anyMatch(alone::contains)
                || inner.names().stream().anyMatch(alone::contains)) {
            return false;
        }
        for (int t = 0; t < outer.strides().size(); t++) {
            if (outer.stride(t) != inner.stride(t) * inner.bound()) {
                return false;
            }
        }
        return true;
    }

    private static LoopDim merge(LoopDim outer, LoopDim inner) {
        return new LoopDim(
                Stream.concat(outer.names().stream(), inner.names().stream()).toList(),
                outer.extent().times(inner.extent()),
                outer.bound() * inner.bound(),
                inner.strides());
    }

    boolean isEmpty() {
        return dims.isEmpty();
    }

    /** A readable counter for the innermost loop. */
    String counter() {
        return last().counter();
    }

    LoopDim last() {
        return dims.getLast();
    }

    LoopNest outer() {
        return new LoopNest(dims.subList(0, dims.size() - 1));
    }

    /** Points of the whole nest. */
    Index size() {
        return dims.stream().map(LoopDim::extent).reduce(Index.of(1), Index::times);
    }

    long bound() {
        return dims.stream().mapToLong(LoopDim::bound).reduce(1, Math::multiplyExact);
    }

    /** Where the point numbered {@code row}, last loop fastest, lies along each loop. */
    List<Index> positions(Code code, Index row) {
        var positions = new ArrayList<Index>();
        Index rest = row;
        for (int i = dims.size() - 1; i >= 0; i--) {
            Index extent = dims.get(i).extent();
            positions.addFirst(i == 0 ? rest : code.letIndex(dims.get(i).counter(), rest.modulo(extent)));
            rest = i == 0 ? rest : code.letIndex("rest", rest.dividedBy(extent));
        }
        return positions;
    }

    /** A tensor's element at these positions. */
    Index offset(int tensor, List<Index> positions) {
        Index offset = Index.ZERO;
        for (int i = 0; i < dims.size(); i++) {
            offset = offset.plus(positions.get(i).times(dims.get(i).stride(tensor)));
        }
        return offset;
    }
}
