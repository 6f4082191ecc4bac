package dev.dovetail.cli.compile;

import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.tensor.ElementType;
import java.util.Locale;
import java.util.Optional;

/** What a plan is turned into. */
public enum Target {
    /** A job for this machine: {@code job.jar}. */
    CPU,
    /** Kernels for NVIDIA GPUs of compute capability 8.0 and newer: {@code cuda/*.cu}. */
    CUDA;

    private static final String NVIDIA = "devices/nvidia.dove";

    /** The one that fits the cluster; empty where its devices run neither. */
    public static Optional<Target> of(Cluster cluster, Catalog catalog) {
        if (cluster.thisMachine().isPresent()) {
            return Optional.of(CPU);
        }
        boolean runs = cluster.groups().stream()
                .allMatch(group -> runsKernels(group.node().device(), catalog));
        return runs ? Optional.of(CUDA) : Optional.empty();
    }

    /**
     * The catalogue keeps a file for each vendor. NVIDIA's tensor cores take bfloat16, as the kernels do, from compute
     * capability 8.0 on.
     */
    private static boolean runsKernels(Device device, Catalog catalog) {
        return device.compute().containsKey(ElementType.BF16) && isNvidia(device.name(), catalog);
    }

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
