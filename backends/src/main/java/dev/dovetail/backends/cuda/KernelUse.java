package dev.dovetail.backends.cuda;

import java.util.List;

/**
 * Who asks for a kernel.
 *
 * @param tensors names of the tensors that the first instruction to ask for it reads and writes, such as {@code attention.q}
 * @param bodies the parts of the program that run it, in order, such as {@code block_forward}
 */
public record KernelUse(KernelWork work, List<String> tensors, List<String> bodies) {

    public KernelUse {
        tensors = List.copyOf(tensors);
        bodies = List.copyOf(bodies);
    }
}
