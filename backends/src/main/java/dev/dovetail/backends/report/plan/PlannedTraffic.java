package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.data.LinkTraffic;
import dev.dovetail.backends.report.data.LinkTraffic.AxisTraffic;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.Timeline;
import dev.dovetail.ir.timing.Timeline.Event;
import dev.dovetail.ir.units.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a plan's program sends in a step, by the links that its mesh lies on. */
final class PlannedTraffic {
    private final Program program;
    private final Timeline timeline;
    private final Cluster cluster;
    /** By stage, its kind of node; empty where all are alike. */
    private final List<Integer> nodes;

    private PlannedTraffic(PlannedJob planned) {
        this.program = planned.program();
        this.timeline = planned.timeline();
        this.cluster = planned.job().cluster();
        this.nodes = planned.plan().decisions().nodes();
    }

    /** The fast links inside domains first; links that nothing crosses are left out. */
    static List<LinkTraffic> of(PlannedJob planned) {
        return new PlannedTraffic(planned).links();
    }

    private List<LinkTraffic> links() {
        Node node = slowest();
        List<AxisTraffic> axes = axes();
        var inside = axes.stream().filter(this::isInside).toList();
        var outside = axes.stream().filter(axis -> !isInside(axis)).toList();
        var links = new ArrayList<LinkTraffic>();
        if (!inside.isEmpty()) {
            String joins = cluster.thisMachine().isPresent()
                    ? "ranks of this machine"
                    : node.domain() + " devices of a " + (node.domain() > node.devices() ? "rack" : "node");
            links.add(new LinkTraffic(node.within().name(), joins, node.within().bandwidth(), inside));
        }
        if (!outside.isEmpty()) {
            String kind = cluster.network()
                    .kind()
                    .name()
                    .toLowerCase(java.util.Locale.ROOT)
                    .replace('_', ' ');
            int nodes = cluster.groups().stream().mapToInt(NodeGroup::count).sum();
            links.add(new LinkTraffic(kind, nodes + " nodes", node.scaleOut(), outside));
        }
        return links;
    }

    /** What sets the pace where nodes are of several kinds. */
    private Node slowest() {
        return cluster.groups().stream()
                .map(NodeGroup::node)
                .min(Comparator.comparing(Node::scaleOut))
                .orElseThrow();
    }

    /** Ranks fill domains in the order of the mesh; stages on nodes of different kinds share none. */
    private boolean isInside(AxisTraffic axis) {
        MeshShape mesh = program.mesh();
        boolean crosses = axis.axis().equals(MeshShape.PIPELINE)
                && nodes.stream().distinct().count() > 1;
        return !crosses
                && (long) axis.ways() * mesh.stride(axis.axis()) <= slowest().domain();
    }

    private List<AxisTraffic> axes() {
        var byStage = new ArrayList<Map<String, Double>>();
        timeline.stages().forEach(stage -> byStage.add(sent(program.classes().get(stage.stage()), stage.events())));
        var axes = new TreeMap<String, AxisTraffic>();
        byStage.forEach(stage -> stage.keySet().forEach(axis -> axes.computeIfAbsent(axis, a -> axis(a, byStage))));
        return axes.values().stream().filter(axis -> axis.most().count() > 0).toList();
    }

    private AxisTraffic axis(String axis, List<Map<String, Double>> byStage) {
        double[] bytes = byStage.stream()
                .mapToDouble(stage -> stage.getOrDefault(axis, 0.0))
                .toArray();
        double total = 0;
        double most = 0;
        for (double sent : bytes) {
            total += sent;
            most = Math.max(most, sent);
        }
        return new AxisTraffic(
                axis,
                program.mesh().size(axis),
                Bytes.of(Math.round(total / bytes.length)),
                Bytes.of(Math.round(most)));
    }

    /** By axis, what a rank sends in all calls of its step. */
    private static Map<String, Double> sent(RankClass rank, List<Event> events) {
        var once = new HashMap<String, Map<String, Double>>();
        var all = new LinkedHashMap<String, Double>();
        for (Event event : events) {
            once.computeIfAbsent(event.body(), name -> sent(rank.body(name)))
                    .forEach((axis, bytes) -> all.merge(axis, bytes, Double::sum));
        }
        return all;
    }

    private static Map<String, Double> sent(Body body) {
        var bytes = new LinkedHashMap<String, Double>();
        for (Instruction instruction : body.instructions()) {
            switch (instruction) {
                case Instruction.Exchange e -> sent(bytes, e);
                case Instruction.Begin b -> sent(bytes, b.exchange());
                case Instruction.FlatExchange e -> bytes.merge(e.axis(), e.bytesSent(), Double::sum);
                case Instruction.Send s ->
                    bytes.merge(s.axis(), (double) s.buffer().type().bytes(), Double::sum);
                case Instruction.TiedReduce t ->
                    bytes.merge(
                            MeshShape.PIPELINE,
                            (double) t.elements() * t.element().bytes(),
                            Double::sum);
                default -> {}
            }
        }
        return bytes;
    }

    private static void sent(Map<String, Double> bytes, Instruction.Exchange exchange) {
        bytes.merge(
                exchange.op().axis(), exchange.op().bytesSent(exchange.operand().type()), Double::sum);
    }
}
