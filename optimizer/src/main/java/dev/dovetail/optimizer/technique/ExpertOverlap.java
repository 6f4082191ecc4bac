package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.lower.ExpertSharing;
import java.util.List;
import java.util.Optional;

/**
 * Experts' queues travel in stretches: while one is on its way, experts work on another. Every stretch costs kernels of its own, and
 * sums of its weights' gradients, so more are not always better.
 */
public final class ExpertOverlap implements Technique {
    @Override
    public String name() {
        return "overlap";
    }

    @Override
    public String citation() {
        return "Hwang et al. 2022, Tutel, arXiv:2206.03382, section 3.3";
    }

    @Override
    public boolean concerns(Problem problem) {
        return !problem.extents(Names.EXPERTS).isEmpty();
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(
                Decision.OVERLAP,
                (problem, before) -> ExpertSharing.of(before).travels() ? ExpertSharing.OVERLAPS : List.of(1)));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        int overlap = decisions.find(Decision.OVERLAP).orElse(1);
        boolean isDecided = decisions.find(Decision.EXPERT_SEND).isPresent();
        if (overlap == 1 || !isDecided || ExpertSharing.of(decisions).travels()) {
            return Optional.empty();
        }
        return Optional.of(Clash.of(
                        Decision.OVERLAP.name(),
                        "overlap " + overlap + " has no exchange to work beside",
                        "no token leaves its rank for its experts")
                .help("use overlap 1, or let ranks share experts"));
    }
}
