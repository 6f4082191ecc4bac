package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.data.Subject.SpecText;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.ir.timing.Timeline;
import java.util.Optional;

/**
 * A job with everything that planning it made.
 *
 * @param timeline the program's step on the virtual clock
 * @param cost what the clock paid for each instruction
 * @param spec the text that was planned
 * @param hardware what the job runs on, in a line
 */
public record PlannedJob(
        TrainJob job,
        Plan plan,
        Program program,
        Timeline timeline,
        InstructionCost cost,
        Optional<SpecText> spec,
        String hardware) {}
