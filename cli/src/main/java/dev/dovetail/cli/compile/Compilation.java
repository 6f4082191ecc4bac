package dev.dovetail.cli.compile;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.program.Program;
import java.util.Optional;

/**
 * A job with its plan and program.
 *
 * @param profile of the machine at hand, where the job runs on it
 */
public record Compilation(TrainJob job, Plan plan, Program program, Optional<MachineProfile> profile) {}
