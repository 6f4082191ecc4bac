package dev.dovetail.cli.compile;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.program.Program;
import java.util.List;
import java.util.Optional;

/**
 * A job with its plan and program.
 *
 * @param profile of the machine at hand, where the job runs on it
 */
public record Compilation(TrainJob job, Plan plan, Program program, Optional<MachineProfile> profile) {

    /** The plan's decisions as generated files name them, such as {@code tensor 2}. */
    public List<String> choices() {
        return plan.decisions().asText().entrySet().stream()
                .map(decision -> decision.getKey() + " " + decision.getValue())
                .toList();
    }
}
