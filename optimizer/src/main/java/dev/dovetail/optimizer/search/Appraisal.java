package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan.DecidedBy;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.timing.Timeline;
import java.util.Map;

/**
 * What a job costs under the decisions it states, and the best of those it leaves open.
 *
 * @param decidedBy by name of the decision
 * @param fits whether the plan holds every limit of the job
 */
public record Appraisal(
        Decisions decisions,
        Map<String, DecidedBy> decidedBy,
        Figures figures,
        Program program,
        Timeline timeline,
        boolean fits) {}
