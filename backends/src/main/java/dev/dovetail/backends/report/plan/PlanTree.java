package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.PlanNode;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.TimePart;
import dev.dovetail.ir.timing.Timeline.Event;
import dev.dovetail.ir.timing.Timeline.Stage;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A plan as a tree: the job, its stages, what their ranks do, and the bodies of code that do it. */
public final class PlanTree {
    private final PlannedJob planned;

    private PlanTree(PlannedJob planned) {
        this.planned = planned;
    }

    public static PlanNode of(PlannedJob planned) {
        return new PlanTree(planned).root();
    }

    private PlanNode root() {
        List<PlanNode> stages =
                planned.timeline().stages().stream().map(this::stage).toList();
        MeshShape mesh = planned.program().mesh();
        String shape = mesh.axes().entrySet().stream()
                .filter(axis -> axis.getValue() > 1)
                .map(axis -> axis.getKey() + " " + axis.getValue())
                .collect(Collectors.joining(" × "));
        String ranks = mesh.ranks() + (mesh.ranks() == 1 ? " rank" : " ranks") + (shape.isEmpty() ? "" : ": " + shape);
        return PlanNode.group(planned.job().name(), ranks, stages)
                .taking(planned.timeline().step())
                .holding(planned.plan().predicted().totalMemory())
                .limitedBy(limit(mean()));
    }

    private Map<TimePart, Seconds> mean() {
        var mean = new TreeMap<TimePart, Seconds>();
        for (TimePart part : TimePart.values()) {
            mean.put(part, planned.timeline().mean(part));
        }
        return mean;
    }

    private PlanNode stage(Stage stage) {
        RankClass rank = planned.program().classes().get(stage.stage());
        int replicas =
                planned.program().mesh().ranks() / planned.program().classes().size();
        var parts = new ArrayList<PlanNode>();
        byActivity(stage.events(), rank).forEach((activity, events) -> {
            if (busy(events).value() > 0) {
                parts.add(activity(activity, events, rank));
            }
        });
        Seconds moving = stage.events().stream().map(Event::moving).reduce(Seconds.ZERO, Seconds::plus);
        if (moving.value() > 0) {
            parts.add(PlanNode.leaf("transfer", "waiting for tensors on their way")
                    .taking(moving));
        }
        Seconds waiting = stage.spent(TimePart.BUBBLE);
        if (waiting.value() > 0) {
            parts.add(PlanNode.leaf("idle", "waiting for other stages").taking(waiting));
        }
        List<Integer> nodes = planned.plan().decisions().nodes();
        String where = nodes.isEmpty()
                ? ""
                : " on " + planned.job().cluster().node(nodes, stage.stage()).name();
        String ranks = replicas == 1 ? "1 rank" : replicas + " ranks alike";
        return PlanNode.group("stage " + stage.stage(), ranks + where, parts)
                .taking(stage.busy())
                .holding(Bytes.of(rank.arenaBytes()))
                .limitedBy(limit(stage.spent()));
    }

    private static Map<Activity, List<Event>> byActivity(List<Event> events, RankClass rank) {
        var activities = new LinkedHashMap<String, Activity>();
        return events.stream()
                .collect(Collectors.groupingBy(
                        event -> activities.computeIfAbsent(event.body(), name -> StageLanes.activity(rank.body(name))),
                        TreeMap::new,
                        Collectors.toList()));
    }

    private PlanNode activity(Activity activity, List<Event> events, RankClass rank) {
        var byBody =
                events.stream().collect(Collectors.groupingBy(Event::body, LinkedHashMap::new, Collectors.toList()));
        List<PlanNode> bodies = byBody.entrySet().stream()
                .map(body -> body(rank.body(body.getKey()), body.getValue(), rank))
                .toList();
        long microbatches = events.stream()
                .mapToInt(Event::microbatch)
                .filter(m -> m >= 0)
                .distinct()
                .count();
        String detail = microbatches == 0
                ? "once a step"
                : microbatches + (microbatches == 1 ? " micro-batch" : " micro-batches");
        return PlanNode.group(activity.label(), detail, bodies).taking(busy(events));
    }

    private PlanNode body(Body body, List<Event> events, RankClass rank) {
        var node = PlanNode.leaf(body.name(), events.size() == 1 ? "once" : events.size() + " times")
                .taking(busy(events));
        return BodyCost.of(rank, body, planned.cost())
                .largest()
                .map(node::limitedBy)
                .orElse(node);
    }

    private static Seconds busy(List<Event> events) {
        return events.stream()
                .map(event -> event.end().minus(event.begin()).minus(event.waited()))
                .reduce(Seconds.ZERO, Seconds::plus);
    }

    /** The largest part of the time, the bubble included: what a better plan would have to shorten. */
    private static String limit(Map<TimePart, Seconds> spent) {
        return spent.entrySet().stream()
                .max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .map(part -> word(part.getKey()))
                .orElse("");
    }

    private static String word(TimePart part) {
        return switch (part) {
            case COMPUTE -> "compute";
            case TENSOR_COMM -> "tensor-parallel exchange";
            case EXPERT_COMM -> "expert-parallel exchange";
            case PIPELINE_COMM -> "pipeline transfer";
            case DATA_COMM -> "data-parallel exchange";
            case OFFLOAD -> "traffic with slower memory";
            case INPUT -> "waiting for samples";
            case BUBBLE -> "bubble";
        };
    }
}
