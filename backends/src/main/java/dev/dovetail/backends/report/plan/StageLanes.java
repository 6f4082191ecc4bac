package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Provenance;
import dev.dovetail.backends.report.data.Slice;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.Timeline.Event;
import dev.dovetail.ir.timing.Timeline.Stage;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The virtual clock's timeline as lanes: one for each stage, whose replicas do the same at the same time. Calls of one pass,
 * layer by layer, become one slice; waiting is left out and so shows as idle.
 */
final class StageLanes {
    private final RankClass rank;
    private final List<Slice> slices = new ArrayList<>();
    private final Map<String, Activity> activities = new HashMap<>();

    private StageLanes(RankClass rank) {
        this.rank = rank;
    }

    static Timeline of(Program program, dev.dovetail.ir.timing.Timeline timeline) {
        int replicas = program.mesh().ranks() / program.classes().size();
        List<Lane> lanes = timeline.stages().stream()
                .map(stage -> lane(program.classes().get(stage.stage()), stage, replicas))
                .toList();
        return new Timeline(Provenance.ESTIMATE, lanes);
    }

    private static Lane lane(RankClass rank, Stage stage, int replicas) {
        var lanes = new StageLanes(rank);
        stage.events().forEach(lanes::add);
        String name = "stage " + stage.stage() + (replicas > 1 ? " (" + replicas + " ranks alike)" : "");
        return new Lane(name, stage.stage() * replicas, stage.stage(), lanes.slices);
    }

    private void add(Event event) {
        Seconds begin = event.begin().plus(event.waited()).min(event.end());
        if (begin.equals(event.end())) {
            return;
        }
        Activity activity = activities.computeIfAbsent(event.body(), name -> activity(rank.body(name)));
        var next = new Slice(activity, begin, event.end(), event.microbatch(), event.chunk(), event.body());
        if (!slices.isEmpty() && continues(slices.getLast(), next)) {
            Slice before = slices.removeLast();
            slices.add(new Slice(
                    activity, before.begin(), next.end(), next.microbatch(), next.stage(), detail(before, next)));
        } else {
            slices.add(next);
        }
    }

    private static boolean continues(Slice before, Slice next) {
        return before.activity() == next.activity()
                && before.microbatch() == next.microbatch()
                && before.stage() == next.stage()
                && before.end().equals(next.begin());
    }

    /** The bodies of a slice in order, each named once. */
    private static String detail(Slice before, Slice next) {
        return List.of(before.detail().split(", ", -1)).contains(next.detail())
                ? before.detail()
                : before.detail() + ", " + next.detail();
    }

    static Activity activity(Body body) {
        return switch (body.activity()) {
            case FORWARD -> Activity.FORWARD;
            case BACKWARD -> Activity.BACKWARD;
            case WEIGHT_GRADIENTS -> Activity.WEIGHT_GRADIENTS;
            case TRANSFER -> receives(body) ? Activity.RECEIVE : Activity.SEND;
            case REDUCE -> Activity.COLLECTIVE;
            case UPDATE -> Activity.OPTIMIZER;
        };
    }

    private static boolean receives(Body body) {
        return body.instructions().stream().anyMatch(instruction -> instruction instanceof Instruction.Receive);
    }
}
