package dev.dovetail.backends.cuda;

import java.util.List;

/**
 * Why a kernel is as it is; printed at its top.
 *
 * @param specFile the spec that asked for it
 * @param line the line of the block or parameter it belongs to
 * @param usedBy the part of the program that runs it, such as {@code block_forward}
 * @param choices decisions of the plan that shaped it, such as {@code tensor 2}
 */
public record KernelProvenance(String specFile, int line, String usedBy, List<String> choices) {

    public KernelProvenance {
        choices = List.copyOf(choices);
    }
}
