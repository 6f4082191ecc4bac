package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import java.util.List;
import java.util.Optional;

/**
 * Pipelines whose backward passes come in two: what the stage before waits for, and gradients of weights, which fill the time
 * that stages would wait. Values of {@link PipelineSchedule}'s decision, which may be forbidden on their own.
 */
public final class ZeroBubble implements Technique {
    private static final String NAME = "zero_bubble";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String citation() {
        return "Qi et al. 2023, Zero Bubble Pipeline Parallelism, arXiv:2401.10241, section 2 (ZB-H1, ZB-H2)";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of();
    }

    /** The least memory first. */
    static List<Schedule> schedules(Problem problem) {
        return problem.job().forbidden().contains(NAME) ? List.of() : List.of(Schedule.ZB_H1, Schedule.ZB_H2);
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Optional<Schedule> waiting =
                decisions.find(Decision.SCHEDULE).filter(schedule -> schedule.splitsBackward() && !schedule.isV());
        if (waiting.isPresent()
                && decisions.find(Decision.OFFLOAD).orElse(Offload.NONE).activations()) {
            return Optional.of(Clash.of(
                    Decision.SCHEDULE.name(),
                    "schedule " + waiting.get() + " with activations beside the device is not supported yet",
                    "what waits for the gradients of weights stays on the device"));
        }
        return waiting.filter(schedule -> problem.forbids(this))
                .map(schedule -> Clash.of(
                        Decision.SCHEDULE.name(),
                        "schedule " + schedule + " is a zero-bubble schedule, which the job forbids",
                        "gradients of weights wait for a pass of their own there"));
    }
}
