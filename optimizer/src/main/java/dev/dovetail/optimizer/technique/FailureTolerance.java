package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/**
 * Training that must survive node failures needs a whole copy of model and optimizer state more than may fail, each on nodes of its
 * own: what is lost is then on other nodes still.
 */
public final class FailureTolerance implements Technique {

    @Override
    public String name() {
        return "survive";
    }

    @Override
    public String citation() {
        return "Jang et al. 2023, Oobleck, arXiv:2309.08125";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of();
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        int failures = problem.job().survivedFailures();
        Optional<Integer> copies = decisions.find(Decision.DATA);
        if (failures == 0 || copies.isEmpty()) {
            return Optional.empty();
        }
        if (copies.get() <= failures) {
            return Optional.of(Clash.of(
                    Decision.DATA.name(),
                    copies.get() + " copies of the model do not survive " + failures + " failures",
                    "all of them may be lost at once"));
        }
        if (decisions.find(Decision.SHARD).orElse(Shard.NONE) != Shard.NONE) {
            return Optional.of(Clash.of(
                    Decision.SHARD.name(),
                    "shard " + Decision.SHARD.print().apply(decisions.get(Decision.SHARD))
                            + " leaves parts of the state on one copy alone",
                    "a failure would take them away"));
        }
        int perCopy = decisions.get(Decision.TENSOR)
                * decisions.get(Decision.PIPELINE)
                * decisions.find(Decision.CONTEXT).orElse(1);
        int node = problem.job().cluster().node().devices();
        return perCopy % node != 0
                ? Optional.of(Clash.of(
                        Decision.PIPELINE.name(),
                        "copies of " + perCopy + " devices share nodes of " + node,
                        "a node that fails would take more than one copy with it"))
                : Optional.empty();
    }
}
