package dev.dovetail.grammar.resolve;

import java.util.List;

/**
 * What the command line adds to a spec.
 *
 * @param overrides {@code NAME=VALUE} each, as {@code --set} takes them
 * @param cores cores of the machine at hand, for {@code this machine}
 * @param techniques names that {@code allow} and {@code forbid} may say
 * @param gpus whether {@code this machine} means its GPUs, which compute in {@code bf16} too
 */
public record ResolveOptions(List<String> overrides, int cores, List<String> techniques, boolean gpus) {
    /** Where {@code this machine} means its processor. */
    public ResolveOptions(List<String> overrides, int cores, List<String> techniques) {
        this(overrides, cores, techniques, false);
    }

    public ResolveOptions {
        overrides = List.copyOf(overrides);
        techniques = List.copyOf(techniques);
        if (cores < 1) {
            throw new IllegalArgumentException("a machine has at least one core, got " + cores);
        }
    }
}
