package dev.dovetail.cli.compile;

import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Link;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.ir.units.Watts;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code this machine} as its GPUs: rank slots with a share of a GPU, by the catalogue's figures. */
public final class GpuCluster {
    /** As the driver names GPUs, the longer of two that begin alike first, and the catalogue's names of them. */
    private static final Map<String, String> NAMES = names();

    /** Ranks exchange bytes through this process's memory, which is not pinned: assumed, until it is calibrated. */
    private static final BytesPerSecond STAGING = new BytesPerSecond(5e9);

    private static final Seconds STAGING_LATENCY = Seconds.ofMicros(40);

    private GpuCluster() {}

    private static Map<String, String> names() {
        var names = new LinkedHashMap<String, String>();
        names.put("NVIDIA A100-SXM4-40GB", "a100_sxm_40gb");
        names.put("NVIDIA A100-SXM4-80GB", "a100_sxm_80gb");
        names.put("NVIDIA A100 80GB PCIe", "a100_pcie_80gb");
        names.put("NVIDIA H100 80GB HBM3", "h100_sxm_80gb");
        names.put("NVIDIA H100 PCIe", "h100_pcie_80gb");
        names.put("NVIDIA H200", "h200_sxm");
        names.put("NVIDIA GH200", "gh200");
        names.put("NVIDIA B200", "b200_sxm");
        names.put("NVIDIA B300", "b300_sxm");
        names.put("NVIDIA GB200", "gb200");
        names.put("NVIDIA GB300", "gb300");
        return names;
    }

    /** The device that the catalogue keeps under the driver's name of it; empty where it keeps none. */
    public static Optional<Device> find(String driverName) {
        return NAMES.entrySet().stream()
                .filter(known -> driverName.startsWith(known.getKey()))
                .findFirst()
                .map(known -> catalogued(known.getValue()));
    }

    private static Device catalogued(String name) {
        var spec = new SourceText("this gpu", """
                node this_gpu {
                  1 of %s
                  within nvlink4
                  nics 1 x 1 Gbps, one per device
                }
                cluster this_gpu { nodes 1 of this_gpu }
                """.formatted(name));
        var options = new ResolveOptions(List.of(), 1, List.of());
        var resolved =
                new SpecResolver(Catalog.shipped(), BlockCatalog.standard(), options).resolve(spec, Path.of("."));
        if (resolved.clusters().isEmpty()) {
            throw new IllegalStateException("the catalogue's " + name + " cannot be read: " + resolved.diagnostics());
        }
        return resolved.clusters().getFirst().node().device();
    }

    /**
     * The cluster {@code this machine, workers n} on the GPUs at hand.
     *
     * @param driverName as the driver names them
     * @param gpus how many there are
     */
    static Cluster of(Cluster cluster, String driverName, int gpus) {
        Device gpu = find(driverName)
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "the catalogue has no figures of `" + driverName + "`, so nothing can be planned for it",
                        "name a cluster of a device that it has (`dovetail catalog devices`), and run on that"));
        int workers = cluster.thisMachine().orElseThrow().workers();
        double share = Math.min(1, (double) gpus / workers);
        Map<ElementType, FlopsPerSecond> compute = new LinkedHashMap<>();
        gpu.compute().forEach((type, rate) -> compute.put(type, new FlopsPerSecond(rate.value() * share)));
        var slot = new Device(
                gpu.name(),
                new Bytes((long) (gpu.memory().count() * share)),
                new BytesPerSecond(gpu.bandwidth().value() * share),
                compute,
                gpu.attainable(),
                gpu.family(),
                new Device.Power(
                        new Watts(gpu.power().idle().value() * share),
                        new Watts(gpu.power().limit().value() * share)),
                Optional.empty(),
                Optional.empty());
        var link = new Link("this machine's memory", STAGING, STAGING_LATENCY);
        var node = new Node("this machine", workers, slot, link, workers, STAGING, Optional.empty(), Optional.empty());
        return new Cluster(
                cluster.name(),
                List.of(new Cluster.NodeGroup(1, node, cluster.origin())),
                cluster.network(),
                cluster.grid(),
                cluster.failures(),
                Optional.empty(),
                cluster.inputHosts(),
                cluster.origin());
    }
}
