package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.law.MatMulLaw.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Attention whose scores lie in memory, as Megatron-LM's CoreAttention runs it: a batched product, one kernel that scales, masks
 * and takes the softmax, dropout, a second batched product. Its softmax kernel takes up to 2048 keys and batches of heads that
 * fill blocks of four; elsewhere each step is a kernel of its own in fp32
 * (NVIDIA/Megatron-LM megatron/model/fused_softmax.py, is_kernel_available).
 *
 * @param heads of all sequences of the micro-batch on this rank
 */
record MaterialisedAttention(
        double heads, double queries, double keys, double headDim, ElementType element, boolean dropout) {
    private static final double LONGEST_FUSED = 2048;
    private static final double HEADS_A_BLOCK = 4;
    /** Kernels of an unfused softmax: to fp32, scale, mask, softmax, back. */
    private static final int UNFUSED_KERNELS = 5;

    List<Kernel> kernels(boolean backward) {
        return backward ? backward() : forward();
    }

    private List<Kernel> forward() {
        var kernels = new ArrayList<Kernel>();
        kernels.add(product(queries, keys, headDim));
        softmax(kernels, 2 * bytes(), 33);
        drop(kernels);
        kernels.add(product(queries, headDim, keys));
        kernels.add(new Kernel.Stream(2 * bytes() * heads * queries * headDim));
        return kernels;
    }

    /** Gradients of both products, of the dropout and of the softmax, which reads its own output. */
    private List<Kernel> backward() {
        var kernels = new ArrayList<Kernel>();
        kernels.add(new Kernel.Stream(2 * bytes() * heads * queries * headDim));
        kernels.add(product(queries, keys, headDim));
        kernels.add(product(keys, headDim, queries));
        drop(kernels);
        softmax(kernels, 3 * bytes(), 36);
        kernels.add(product(queries, headDim, keys));
        kernels.add(product(keys, headDim, queries));
        kernels.add(new Kernel.Stream(6 * bytes() * heads * queries * headDim));
        return kernels;
    }

    private double bytes() {
        return element.bytes();
    }

    private double scores() {
        return heads * queries * keys;
    }

    private Kernel product(double m, double n, double k) {
        return new Kernel.Product(new Shape(heads, m, n, k, bytes(), bytes()), element, Optional.empty(), 0);
    }

    /** @param unfused bytes of each score that the kernels of their own move */
    private void softmax(List<Kernel> kernels, double fused, double unfused) {
        if (heads % HEADS_A_BLOCK == 0 && keys <= LONGEST_FUSED) {
            kernels.add(new Kernel.Stream(fused * scores()));
        } else {
            for (int i = 0; i < UNFUSED_KERNELS; i++) {
                kernels.add(new Kernel.Stream(unfused * scores() / UNFUSED_KERNELS));
            }
        }
    }

    /** Weights are read and written, a byte of mask for each is written or read. */
    private void drop(List<Kernel> kernels) {
        if (dropout) {
            kernels.add(new Kernel.Stream((2 * bytes() + 1) * scores()));
        }
    }
}
