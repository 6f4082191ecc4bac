package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import java.util.List;
import java.util.Optional;

/**
 * Pipelines that pass every rank twice, there and back, in the shape of a V: the first rank has both ends of the model, and
 * the loss comes back to where the samples went in. Values of {@link PipelineSchedule}'s decision, which may be forbidden on their own.
 */
public final class VShapedPipeline implements Technique {
    private static final String NAME = "v_shape";
    private static final int CHUNKS = 2;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String citation() {
        return "Qi et al. 2024, arXiv:2405.15362 (ZB-V); DeepSeek-AI 2024, arXiv:2412.19437, section 3.2.1 (DualPipe, cut in half)";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of();
    }

    /** The least memory first. */
    static List<Schedule> schedules(Problem problem) {
        return problem.job().forbidden().contains(NAME) ? List.of() : List.of(Schedule.ZB_V, Schedule.DUALPIPE_V);
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Optional<Schedule> there = decisions.find(Decision.SCHEDULE).filter(Schedule::isV);
        if (there.isEmpty()) {
            return Optional.empty();
        }
        Schedule schedule = there.get();
        int virtual = decisions.find(Decision.INTERLEAVE).orElse(CHUNKS);
        if (virtual != CHUNKS) {
            return Optional.of(Clash.of(
                            Decision.SCHEDULE.name(),
                            "schedule " + schedule + " needs interleave 2, not " + virtual,
                            "a rank has one chunk of layers on the way there and one on the way back")
                    .with(problem.origin(Decision.INTERLEAVE), "interleave is " + virtual + " here")
                    .help("fix interleave 2"));
        }
        if (decisions.find(Decision.OFFLOAD).orElse(Offload.NONE).activations()) {
            return Optional.of(Clash.of(
                    Decision.SCHEDULE.name(),
                    "schedule " + schedule + " with activations beside the device is not supported yet",
                    "what waits for the gradients of weights stays on the device"));
        }
        return problem.forbids(this)
                ? Optional.of(Clash.of(
                        Decision.SCHEDULE.name(),
                        "schedule " + schedule + " has the shape of a V, which the job forbids",
                        "each rank has two chunks of layers there"))
                : Optional.empty();
    }
}
