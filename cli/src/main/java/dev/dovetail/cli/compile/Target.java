package dev.dovetail.cli.compile;

import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.ir.cluster.Cluster;
import java.util.Locale;
import java.util.Optional;

/** What a plan is turned into. */
public enum Target {
    /** A job for this machine: {@code job.jar}. */
    CPU,
    /** Kernels for NVIDIA GPUs: {@code cuda/*.cu}. */
    CUDA;

    private static final String NVIDIA = "devices/nvidia.dove";

    /** The one that fits the cluster; empty where its devices run neither. */
    public static Optional<Target> of(Cluster cluster, Catalog catalog) {
        if (cluster.thisMachine().isPresent()) {
            return Optional.of(CPU);
        }
        boolean nvidia = cluster.groups().stream()
                .allMatch(group -> isNvidia(group.node().device().name(), catalog));
        return nvidia ? Optional.of(CUDA) : Optional.empty();
    }

    /** The catalogue keeps a file for each vendor. */
    private static boolean isNvidia(String device, Catalog catalog) {
        return catalog.find(DefinitionKind.DEVICE, device)
                .map(Definition::span)
                .filter(span -> span.file().endsWith(NVIDIA))
                .isPresent();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
