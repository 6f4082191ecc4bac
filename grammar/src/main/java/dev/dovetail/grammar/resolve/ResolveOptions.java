package dev.dovetail.grammar.resolve;

import java.util.List;

/**
 * What the command line adds to a spec.
 *
 * @param overrides {@code NAME=VALUE} each, as {@code --set} takes them
 * @param cores cores of the machine at hand, for {@code this machine}
 * @param techniques names that {@code allow} and {@code forbid} may say
 */
public record ResolveOptions(List<String> overrides, int cores, List<String> techniques) {
    public ResolveOptions {
        overrides = List.copyOf(overrides);
        techniques = List.copyOf(techniques);
        if (cores < 1) {
            throw new IllegalArgumentException("a machine has at least one core, got " + cores);
        }
    }
}
