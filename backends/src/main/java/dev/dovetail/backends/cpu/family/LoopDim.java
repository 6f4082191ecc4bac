package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Index;
import java.util.List;

/**
 * One loop over tensors: adjacent dims that every tensor walks in the same way are one loop.
 *
 * @param names the dims merged, outermost first
 * @param extent iterations
 * @param bound iterations at most
 * @param strides elements from one iteration to the next, per tensor; 0 where a tensor is broadcast
 */
record LoopDim(List<String> names, Index extent, long bound, List<Long> strides) {
    LoopDim {
        names = List.copyOf(names);
        strides = List.copyOf(strides);
    }

    boolean isFixed() {
        return extent instanceof Index.Constant;
    }

    /** A readable name for its counter. */
    String counter() {
        return names.size() == 1 ? names.getFirst() : "i";
    }

    long stride(int tensor) {
        return strides.get(tensor);
    }
}
