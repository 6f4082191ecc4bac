package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import java.util.List;

/**
 * A training job and its plan.
 *
 * @param header lines that say where a file comes from
 */
public record PlannedTraining(TrainJob job, Plan plan, List<String> header) {
    public PlannedTraining {
        header = List.copyOf(header);
    }
}
