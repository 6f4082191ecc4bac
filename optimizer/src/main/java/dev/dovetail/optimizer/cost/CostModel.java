package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.timing.DeviceSharing;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.engine.EngineCatalog;
import dev.dovetail.optimizer.law.DeviceLaws;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Instruction costs for the meshes and clocks that plans bring. */
public interface CostModel {

    /** @param clockMhz the clock set; 0 for whatever the device does */
    InstructionCost cost(MeshShape mesh, int clockMhz);

    /**
     * The same where stages may run on nodes of different kinds.
     *
     * @param nodes by stage, the nodes it runs on: 1 for the first kind of the cluster; empty where all are alike
     */
    default InstructionCost cost(MeshShape mesh, int clockMhz, List<Integer> nodes) {
        return cost(mesh, clockMhz);
    }

    /** The same where linear layers multiply in other formats. */
    default CostModel multiplying(ProductFormats products) {
        return this;
    }

    /** Whether ranks slow each other down. */
    DeviceSharing sharing(MeshShape mesh);

    /** Rank counts of one class cost the same for each instruction. */
    int loadClass(int ranks);

    /** What runs the plan. */
    default Engine engine() {
        return EngineCatalog.DOVETAIL;
    }

    /** As below, multiplying what is stored. */
    static CostModel ofDevices(Cluster cluster) {
        return ofDevices(cluster, ProductFormats.STORED);
    }

    /**
     * Accelerators by their figures, running what Dovetail generates.
     *
     * @throws MissingFigureException where nothing is known of such products on the cluster's device
     */
    static CostModel ofDevices(Cluster cluster, ProductFormats products) {
        for (NodeGroup group : cluster.groups()) {
            requireFigures(group.node().device(), products);
        }
        return ofDevices(cluster, EngineCatalog.DOVETAIL.with(products));
    }

    private static void requireFigures(Device device, ProductFormats products) {
        products.all().filter(format -> !multiplies(device, format)).findFirst().ifPresent(format -> {
            throw new MissingFigureException(device.name() + " has no tensor cores for "
                    + format.name().toLowerCase(Locale.ROOT) + ", or nobody measured them");
        });
    }

    /** Whether a device lists a rate for a format, and its family's products in it were measured. */
    static boolean multiplies(Device device, ProductFormat format) {
        return format == ProductFormat.STORED
                || format.operands().stream().allMatch(device.narrow()::containsKey)
                        && DeviceLaws.of(device).format(format).isPresent();
    }

    /** Accelerators by their figures: each has its own memory and links, so load does not matter. */
    static CostModel ofDevices(Cluster cluster, Engine engine) {
        return new CostModel() {
            @Override
            public Engine engine() {
                return engine;
            }

            @Override
            public InstructionCost cost(MeshShape mesh, int clockMhz) {
                return DeviceCost.of(cluster, engine, mesh, clockMhz);
            }

            @Override
            public CostModel multiplying(ProductFormats products) {
                return ofDevices(cluster, engine.with(products));
            }

            @Override
            public InstructionCost cost(MeshShape mesh, int clockMhz, List<Integer> nodes) {
                return nodes.isEmpty()
                        ? cost(mesh, clockMhz)
                        : new MixedCost(
                                IntStream.range(0, cluster.groups().size())
                                        .mapToObj(kind -> DeviceCost.of(cluster.only(kind), engine, mesh, clockMhz))
                                        .toList(),
                                nodes);
            }

            @Override
            public DeviceSharing sharing(MeshShape mesh) {
                return new DeviceSharing.OwnDevice();
            }

            @Override
            public int loadClass(int ranks) {
                return 0;
            }
        };
    }
}
