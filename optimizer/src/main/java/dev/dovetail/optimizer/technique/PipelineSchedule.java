package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decisions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** In which order a stage runs forward and backward passes: what it has alive, and how long it waits. */
public final class PipelineSchedule implements Technique {

    @Override
    public String name() {
        return "schedule";
    }

    @Override
    public String citation() {
        return "Narayanan et al. 2019, PipeDream, and 2021, arXiv:2104.04473 (1F1B with flush, interleaved)";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(Decision.SCHEDULE, PipelineSchedule::worthTrying));
    }

    /** On a single stage GPipe is 1F1B with more alive. */
    private static List<Schedule> worthTrying(Problem problem, Decisions before) {
        int virtual = before.get(Decision.INTERLEAVE);
        if (virtual > 1) {
            var schedules = new ArrayList<>(List.of(Schedule.INTERLEAVED));
            schedules.addAll(virtual == 2 ? VShapedPipeline.schedules(problem) : List.of());
            return schedules;
        }
        if (before.get(Decision.PIPELINE) == 1) {
            return List.of(Schedule.ONE_F_ONE_B);
        }
        var schedules = new ArrayList<>(List.of(Schedule.ONE_F_ONE_B, Schedule.GPIPE));
        schedules.addAll(ZeroBubble.schedules(problem));
        return schedules;
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Optional<Schedule> schedule = decisions.find(Decision.SCHEDULE);
        Optional<Integer> virtual = decisions.find(Decision.INTERLEAVE);
        if (schedule.isEmpty() || virtual.isEmpty()) {
            return Optional.empty();
        }
        boolean interleaved = schedule.get() == Schedule.INTERLEAVED;
        if (schedule.get().isV() || interleaved == virtual.get() > 1) {
            return Optional.empty();
        }
        String message = interleaved
                ? "schedule interleaved needs interleave 2 or more"
                : "schedule " + schedule.get() + " runs one stage a rank, interleave is " + virtual.get();
        return Optional.of(Clash.of(
                        Decision.SCHEDULE.name(),
                        message,
                        "interleaving is the order in which a rank visits its virtual stages")
                .with(problem.origin(Decision.INTERLEAVE), "interleave is " + virtual.get() + " here"));
    }
}
