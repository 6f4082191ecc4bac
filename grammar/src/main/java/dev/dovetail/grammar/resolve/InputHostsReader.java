package dev.dovetail.grammar.resolve;

import dev.dovetail.ir.cluster.InputHosts;
import dev.dovetail.ir.cluster.InputHosts.Hosts;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.Quantity;
import java.util.List;
import java.util.Optional;

/** {@code helpers 4 { cores 64, network 100 Gbps }} and {@code storage 2 { read 10 GB/s, network 200 Gbps }} of a cluster. */
final class InputHostsReader {
    private static final EntrySchema NETWORK = EntrySchema.measure("network", Dimension.BANDWIDTH, "of each, each way")
            .mandatory();

    static final EntrySchema HELPERS = EntrySchema.of(
                    "helpers",
                    "machines without accelerators that prepare samples: `helpers 4 { cores 64, network 100 Gbps }`",
                    List.of(new Slot.Count("count")))
            .with(Schema.of(
                    "helpers",
                    EntrySchema.count("cores", "of each").mandatory(),
                    NETWORK,
                    EntrySchema.measure("read", Dimension.BANDWIDTH, "what the drives of each give"),
                    EntrySchema.measure("price", Dimension.PRICE, "what an hour of each costs")));

    static final EntrySchema STORAGE = EntrySchema.of(
                    "storage",
                    "machines that samples lie on; on the drives of who reads them unless said:"
                            + " `storage 2 { read 10 GB/s, network 200 Gbps, cores 32 }`",
                    List.of(new Slot.Count("count")))
            .with(Schema.of(
                    "storage",
                    EntrySchema.measure("read", Dimension.BANDWIDTH, "what the drives of each give")
                            .mandatory(),
                    NETWORK,
                    EntrySchema.count("cores", "of each that may prepare samples; none unless said")));

    private final Sizes sizes;

    InputHostsReader(ResolveContext context) {
        this.sizes = new Sizes(context.diagnostics());
    }

    InputHosts read(Settings cluster) {
        return new InputHosts(
                cluster.group("helpers").flatMap(this::hosts),
                cluster.group("storage").flatMap(this::hosts));
    }

    private Optional<Hosts> hosts(Settings said) {
        Optional<Integer> count = sizes.positive(said, "count");
        Optional<Integer> cores = said.has("cores") ? sizes.positive(said, "cores") : Optional.of(0);
        Optional<BytesPerSecond> network = rate(said, "network");
        return count.isEmpty() || cores.isEmpty() || network.isEmpty()
                ? Optional.empty()
                : Optional.of(new Hosts(
                        count.get(),
                        cores.get(),
                        network.get(),
                        rate(said, "read"),
                        said.quantity("price").map(Quantity::asDollarsPerHour)));
    }

    private static Optional<BytesPerSecond> rate(Settings said, String name) {
        return said.quantity(name).map(Quantity::asBytesPerSecond);
    }
}
