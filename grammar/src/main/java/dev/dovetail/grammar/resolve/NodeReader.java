package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Link;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.Quantity;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/** {@code node NAME { 8 of DEVICE, within LINK, nics … }} and {@code link NAME { bandwidth …, latency … }}. */
final class NodeReader {
    static final Schema LINK = Schema.of(
            "link",
            EntrySchema.of(
                            "bandwidth",
                            "of one device, each way",
                            List.of(
                                    new Slot.Measure("value", Dimension.BANDWIDTH),
                                    new Slot.Word("each"),
                                    new Slot.Word("way")),
                            List.of(new Slot.Measure("value", Dimension.BANDWIDTH)))
                    .mandatory(),
            EntrySchema.measure("latency", Dimension.TIME, "of one small message")
                    .mandatory());

    static final Schema NODE = Schema.of(
            "node",
            EntrySchema.of(
                            BlockReader.COUNTED,
                            "how many of which device: `8 of a100_sxm_80gb`",
                            List.of(new Slot.Count("count"), new Slot.Word("of"), new Slot.Choice("device", List.of())),
                            List.of(new Slot.Count("count"), new Slot.Word("of"), new Slot.Text("device")))
                    .mandatory(),
            EntrySchema.of(
                            "within",
                            "the link between its devices",
                            List.of(new Slot.Choice("value", List.of())),
                            List.of(new Slot.Text("value")))
                    .mandatory(),
            EntrySchema.count("domain", "devices that reach each other over that link; those of the node unless said"),
            EntrySchema.of(
                            "nics",
                            "network interfaces: `nics 8 x 200 Gbps`",
                            List.of(
                                    new Slot.Count("count"),
                                    new Slot.Word("x"),
                                    new Slot.Measure("rate", Dimension.BANDWIDTH)),
                            List.of(new Slot.Measure("rate", Dimension.BANDWIDTH)))
                    .with(Schema.of("nics"))
                    .mandatory(),
            EntrySchema.of(
                    "one",
                    "`one per device`: each device has an interface of its own",
                    List.of(new Slot.Word("per"), new Slot.Word("device"))),
            EntrySchema.of("host", "its processor: `host { memory 2 TB at 200 GB/s, cores 128 }`", List.of())
                    .with(Schema.of(
                            "host",
                            EntrySchema.of(
                                            "memory",
                                            "size and speed",
                                            List.of(
                                                    new Slot.Measure("size", Dimension.BYTES),
                                                    new Slot.Word("at"),
                                                    new Slot.Measure("speed", Dimension.BANDWIDTH)))
                                    .mandatory(),
                            EntrySchema.count("cores", "processor cores").mandatory())),
            EntrySchema.of("storage", "its drives", List.of(new Slot.Choice("kind", List.of("nvme"))))
                    .with(Schema.of(
                            "storage",
                            EntrySchema.measure("size", Dimension.BYTES, "all drives together")
                                    .mandatory(),
                            EntrySchema.measure("read", Dimension.BANDWIDTH, "all drives together")
                                    .mandatory(),
                            EntrySchema.measure("write", Dimension.BANDWIDTH, "all drives together")
                                    .mandatory())));

    private final ResolveContext context;
    private final DeviceReader devices;
    private final Sizes sizes;

    NodeReader(ResolveContext context) {
        this.context = context;
        this.devices = new DeviceReader(context);
        this.sizes = new Sizes(context.diagnostics());
    }

    Optional<Link> link(Definition definition) {
        return read(definition, LINK)
                .flatMap(said -> said.quantity("bandwidth")
                        .flatMap(bandwidth -> said.quantity("latency")
                                .map(latency -> new Link(
                                        definition.name().text(), bandwidth.asBytesPerSecond(), latency.asSeconds()))));
    }

    Optional<Node> node(Definition definition) {
        return read(definition, NODE).flatMap(said -> node(definition, said));
    }

    private Optional<Settings> read(Definition definition, Schema schema) {
        Optional<List<Entry>> entries = context.inheritance().entries(definition);
        return entries.map(list -> context.blocks()
                .read(list, definition.name().span(), schema, Scope.EMPTY)
                .settings());
    }

    private Optional<Node> node(Definition definition, Settings said) {
        Optional<Settings> counted = said.group(BlockReader.COUNTED);
        Optional<Integer> count = counted.flatMap(group -> sizes.positive(group, "count"));
        Optional<Device> device = counted.flatMap(group -> device(group.find("device")));
        Optional<Link> within = within(said.find("within"));
        Optional<BytesPerSecond> network = count.flatMap(devicesHere -> perDevice(said, devicesHere));
        if (count.isEmpty() || device.isEmpty() || within.isEmpty() || network.isEmpty()) {
            return Optional.empty();
        }
        int domain = sizes.positive(said, "domain").orElse(count.get());
        try {
            return Optional.of(new Node(
                    definition.name().text(),
                    count.get(),
                    device.get(),
                    within.get(),
                    domain,
                    network.get(),
                    host(said),
                    storage(said)));
        } catch (IllegalArgumentException impossible) {
            context.diagnostics()
                    .report(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            Origins.span(said.originOf("domain")),
                            impossible.getMessage()));
            return Optional.empty();
        }
    }

    private Optional<Device> device(Optional<Setting> name) {
        return named(name, DefinitionKind.DEVICE).flatMap(devices::read);
    }

    private Optional<Link> within(Optional<Setting> name) {
        return named(name, DefinitionKind.LINK).flatMap(this::link);
    }

    private Optional<Definition> named(Optional<Setting> name, DefinitionKind kind) {
        return name.filter(Setting.Word.class::isInstance)
                .map(Setting.Word.class::cast)
                .flatMap(word -> context.definitions().find(kind, word.text(), Origins.span(word.origin())));
    }

    /** What leaves the node, divided among its devices. */
    private Optional<BytesPerSecond> perDevice(Settings said, int devicesHere) {
        Optional<Settings> nics = said.group("nics");
        if (nics.isEmpty()) {
            return Optional.empty();
        }
        int interfaces =
                nics.get().has("count") ? sizes.positive(nics.get(), "count").orElse(devicesHere) : 1;
        if (said.has("one") && interfaces != devicesHere) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.CONFLICT,
                                    Origins.span(said.originOf("one")),
                                    interfaces + " interfaces are not one for each of " + devicesHere + " devices")
                            .withRelated(Origins.span(nics.get().origin()), interfaces + " interfaces"));
        }
        BytesPerSecond rate = nics.get().quantity("rate").orElseThrow().asBytesPerSecond();
        return Optional.of(rate.times((double) interfaces / devicesHere));
    }

    private Optional<Node.Host> host(Settings said) {
        Optional<Settings> host = said.group("host");
        Optional<Settings> memory = host.flatMap(group -> group.group("memory"));
        Optional<Integer> cores = host.flatMap(group -> sizes.positive(group, "cores"));
        return memory.flatMap(size -> cores.map(count -> new Node.Host(
                size.quantity("size").orElseThrow().asBytes(),
                size.quantity("speed").orElseThrow().asBytesPerSecond(),
                count)));
    }

    private static Optional<Node.Storage> storage(Settings said) {
        return said.group("storage")
                .filter(drives -> drives.has("size") && drives.has("read") && drives.has("write"))
                .map(drives -> new Node.Storage(
                        drives.quantity("size").orElseThrow().asBytes(),
                        drives.quantity("read").orElseThrow().asBytesPerSecond(),
                        drives.quantity("write").orElseThrow().asBytesPerSecond()));
    }

    /** For a grid or network entry that measures time. */
    static Optional<Seconds> seconds(Settings said, String entry) {
        return said.quantity(entry).map(Quantity::asSeconds);
    }
}
