package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.Grid;
import dev.dovetail.ir.cluster.Cluster.Network;
import dev.dovetail.ir.cluster.Cluster.NetworkKind;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Cluster.ThisMachine;
import dev.dovetail.ir.cluster.Failures;
import dev.dovetail.ir.cluster.InputHosts;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.Quantity;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code cluster NAME { nodes 16 of "DGX-H100", network … }}, of one kind of node or two, or {@code cluster NAME { this machine, workers 4 }}. */
final class ClusterReader {
    private static final Map<String, NetworkKind> NETWORKS =
            Map.of("fat_tree", NetworkKind.FAT_TREE, "rail_only", NetworkKind.RAIL_ONLY);
    private static final int MOST_KINDS = 2;
    /** More than anyone has, and few enough to count ranks with. */
    private static final int MOST_DEVICES = 10_000_000;

    private static final Set<String> PLANNED_NETWORKS = Set.of("torus", "mesh", "dragonfly", "ring", "optical");

    static final EntrySchema GRID = EntrySchema.of("grid", "what energy costs in money and carbon", List.of())
            .with(Schema.of(
                    "grid",
                    EntrySchema.measure("price", Dimension.ENERGY_PRICE, "of electric energy"),
                    EntrySchema.measure("carbon", Dimension.CARBON_INTENSITY, "emitted for electric energy"),
                    EntrySchema.real("pue", "power usage effectiveness: energy of the site for each of the devices")));

    static final Schema SCHEMA = Schema.of(
            "cluster",
            EntrySchema.of(
                            "nodes",
                            "how many of which node: `nodes 16 of \"DGX-H100\"`; twice where there are two kinds",
                            List.of(new Slot.Count("count"), new Slot.Word("of"), new Slot.Text("node")),
                            List.of(new Slot.Count("count"), new Slot.Word("of"), new Slot.Choice("node", List.of())))
                    .repeated(),
            EntrySchema.of("this", "`this machine`: the one at hand", List.of(new Slot.Word("machine"))),
            EntrySchema.count("workers", "rank slots of this machine"),
            EntrySchema.of("network", "how nodes are joined", List.of(new Slot.Choice("kind", List.of())))
                    .with(Schema.of(
                            "network",
                            EntrySchema.count("rails", "parallel networks; one for each device of a node"),
                            EntrySchema.real("oversubscription", "demand on the spine for each of its capacity"),
                            EntrySchema.measure("latency", Dimension.TIME, "of one small message"))),
            EntrySchema.of(
                            "failures",
                            "how often nodes break: `failures mtbf 30 days per node`",
                            List.of(
                                    new Slot.Word("mtbf"),
                                    new Slot.Measure("mtbf", Dimension.TIME),
                                    new Slot.Word("per"),
                                    new Slot.Word("node")))
                    .with(Schema.of(
                            "failures",
                            EntrySchema.measure(
                                    "restart",
                                    Dimension.TIME,
                                    "from a failure until the job loads its checkpoint; 5 minutes unless said"))),
            InputHostsReader.HELPERS,
            InputHostsReader.STORAGE,
            GRID);

    private final ResolveContext context;
    private final NodeReader nodes;
    private final InputHostsReader hosts;
    private final Sizes sizes;

    ClusterReader(ResolveContext context) {
        this.context = context;
        this.nodes = new NodeReader(context);
        this.hosts = new InputHostsReader(context);
        this.sizes = new Sizes(context.diagnostics());
    }

    Optional<Cluster> read(Definition definition) {
        var entries = context.inheritance().entries(definition);
        if (entries.isEmpty()) {
            return Optional.empty();
        }
        ReadBlock block = context.blocks().read(entries.get(), definition.name().span(), SCHEMA, Scope.EMPTY);
        Settings said = block.settings();
        Origin origin = Origins.of(definition.name());
        Network network = network(said);
        if (said.has("this")) {
            return thisMachine(definition, said, network, origin);
        }
        List<Alike> groups = groups(said);
        reportMissingOrMisplaced(definition, block);
        int wanted = block.all("nodes").size();
        boolean all = groups.stream().mapToInt(Alike::entries).sum() == wanted;
        return groups.isEmpty() || !all || groups.size() > MOST_KINDS
                ? Optional.empty()
                : Optional.of(new Cluster(
                        definition.name().text(),
                        groups.stream().map(Alike::group).toList(),
                        network,
                        grid(said),
                        failures(said),
                        Optional.empty(),
                        hosts.read(said),
                        origin));
    }

    private Optional<Cluster> thisMachine(Definition definition, Settings said, Network network, Origin origin) {
        if (said.has("nodes")) {
            report(DiagnosticCode.CONFLICT, said.originOf("nodes"), "a cluster is this machine or nodes, not both");
            return Optional.empty();
        }
        for (String around : List.of("helpers", "storage")) {
            if (said.has(around)) {
                report(
                        DiagnosticCode.CONFLICT,
                        said.originOf(around),
                        "`" + around + "` stand beside nodes, not beside this machine");
            }
        }
        Optional<Integer> workers = said.has("workers") ? sizes.positive(said, "workers") : Optional.of(1);
        return workers.map(count -> new Cluster(
                definition.name().text(),
                List.of(),
                network,
                grid(said),
                failures(said),
                Optional.of(new ThisMachine(count, context.options().cores())),
                InputHosts.NONE,
                origin));
    }

    private void reportMissingOrMisplaced(Definition definition, ReadBlock block) {
        Settings said = block.settings();
        if (said.has("workers")) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.CONFLICT,
                                    Origins.span(said.originOf("workers")),
                                    "`workers` are rank slots of `this machine`")
                            .withHelp("say `this machine, workers 4`, or leave `workers` out"));
        } else if (block.first("nodes").isEmpty()) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.MISSING_ENTRY,
                                    definition.name().span(),
                                    "`cluster` needs `nodes` or `this machine`")
                            .withHelp("such as `nodes 4 of \"DGX-H100\"`"));
        }
    }

    /** Nodes of one kind, which several entries may name. */
    private record Alike(NodeGroup group, int entries) {
        Alike plus(int more) {
            return new Alike(new NodeGroup(group.count() + more, group.node(), group.origin()), entries + 1);
        }
    }

    private List<Alike> groups(Settings said) {
        var groups = new ArrayList<Alike>();
        long devices = 0;
        for (Settings group : said.groups("nodes")) {
            Optional<Integer> count = sizes.positive(group, "count", "nodes");
            String name = group.word("node").orElseThrow();
            var node = context.definitions()
                    .find(DefinitionKind.NODE, name, Origins.span(group.originOf("node")))
                    .flatMap(nodes::node);
            if (count.isPresent() && node.isPresent()) {
                devices += (long) count.get() * node.get().devices();
                if (devices > MOST_DEVICES) {
                    report(DiagnosticCode.OUT_OF_RANGE, group.originOf("count"), tooMany(devices));
                    return List.of();
                }
                add(groups, new NodeGroup(count.get(), node.get(), group.origin()));
            }
        }
        if (groups.size() > MOST_KINDS) {
            context.diagnostics()
                    .report(Diagnostic.unsupported(
                            Origins.span(groups.get(MOST_KINDS).group().origin()),
                            "a third kind of node in a cluster is"));
        }
        return groups;
    }

    private static String tooMany(long devices) {
        return String.format(Locale.ROOT, "a cluster has at most %,d devices, here are %,d", MOST_DEVICES, devices);
    }

    private static void add(List<Alike> groups, NodeGroup next) {
        for (int i = 0; i < groups.size(); i++) {
            if (groups.get(i).group().node().equals(next.node())) {
                groups.set(i, groups.get(i).plus(next.count()));
                return;
            }
        }
        groups.add(new Alike(next, 1));
    }

    private Network network(Settings said) {
        Optional<Settings> written = said.group("network");
        if (written.isEmpty()) {
            return Network.FULL;
        }
        Settings network = written.get();
        double oversubscription = network.real("oversubscription").orElse(1.0);
        if (oversubscription < 1) {
            report(
                    DiagnosticCode.OUT_OF_RANGE,
                    network.originOf("oversubscription"),
                    "`oversubscription` is at least 1, found " + oversubscription);
        }
        return new Network(
                kind(network),
                sizes.positive(network, "rails").orElse(Network.FULL.rails()),
                oversubscription,
                NodeReader.seconds(network, "latency").orElse(Network.FULL.latency()));
    }

    private NetworkKind kind(Settings network) {
        String word = network.word("kind").orElseThrow();
        NetworkKind kind = NETWORKS.get(word);
        if (kind == null) {
            var span = Origins.span(network.originOf("kind"));
            context.diagnostics()
                    .report(
                            PLANNED_NETWORKS.contains(word)
                                    ? Diagnostic.unsupported(span, "a `" + word + "` network is")
                                    : Diagnostic.error(
                                                    DiagnosticCode.UNKNOWN_NAME,
                                                    span,
                                                    "no network is called `" + word + "`")
                                            .withNearest(
                                                    word,
                                                    NETWORKS.keySet().stream()
                                                            .sorted()
                                                            .toList()));
        }
        return kind == null ? NetworkKind.FAT_TREE : kind;
    }

    private Optional<Failures> failures(Settings said) {
        Settings failures = said.group("failures").orElse(Settings.empty("failures"));
        Optional<Seconds> mtbf = NodeReader.seconds(failures, "mtbf");
        if (mtbf.equals(Optional.of(Seconds.ZERO))) {
            report(DiagnosticCode.OUT_OF_RANGE, failures.originOf("mtbf"), "a node that always fails runs nothing");
            return Optional.empty();
        }
        Seconds restart = NodeReader.seconds(failures, "restart").orElse(Failures.USUAL_RESTART);
        return mtbf.map(between -> new Failures(between, restart));
    }

    static Grid grid(Settings said) {
        Settings grid = said.group("grid").orElse(Settings.empty("grid"));
        return new Grid(
                grid.quantity("price").map(Quantity::asDollarsPerKilowattHour),
                grid.quantity("carbon").map(Quantity::asGramsPerKilowattHour),
                grid.real("pue").orElse(1.0));
    }

    private void report(DiagnosticCode code, Origin origin, String message) {
        context.diagnostics().report(Diagnostic.error(code, Origins.span(origin), message));
    }
}
