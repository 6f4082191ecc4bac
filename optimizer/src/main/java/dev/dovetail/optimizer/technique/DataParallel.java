package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.lower.ExpertSharing;
import java.util.List;
import java.util.Optional;

/**
 * Replicas train on shares of the batch and add their gradients once a step. Searched are numbers of replicas that share it
 * evenly; a spec may fix others, whose shares differ by one sequence and are padded to the same number of micro-batches.
 */
public final class DataParallel implements Technique {

    @Override
    public String name() {
        return "data";
    }

    @Override
    public String citation() {
        return "Li et al. 2020, PyTorch Distributed, arXiv:2006.15704";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(
                Decision.DATA,
                (problem, before) ->
                        Problem.divisors(problem.job().batch(), problem.devices() / modelRanks(before)).stream()
                                .filter(replicas -> replicas % sharingExperts(before) == 0)
                                .toList()));
    }

    private static int modelRanks(Decisions decisions) {
        return decisions.find(Decision.TENSOR).orElse(1)
                * decisions.find(Decision.PIPELINE).orElse(1)
                * decisions.find(Decision.CONTEXT).orElse(1);
    }

    private static int sharingExperts(Decisions decisions) {
        return ExpertSharing.of(decisions).replicas();
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return decisions.find(Decision.DATA).flatMap(replicas -> refusal(problem, decisions, replicas));
    }

    private static Optional<Clash> refusal(Problem problem, Decisions decisions, int replicas) {
        int batch = problem.job().batch();
        if (batch < replicas) {
            return Optional.of(Clash.of(
                            Decision.DATA.name(),
                            "data " + replicas + " has more replicas than the batch has sequences (" + batch + ")",
                            "each replica trains on a share of the batch")
                    .with(problem.job().origin(), "the job is declared here")
                    .help("use at most " + batch));
        }
        int expert = sharingExperts(decisions);
        if (replicas % expert != 0) {
            return Optional.of(Clash.of(
                            Decision.DATA.name(),
                            "data " + replicas + " is no multiple of the " + expert + " replicas that share experts",
                            "replicas come in groups that share the experts of a layer")
                    .with(problem.origin(Decision.EXPERT), "expert is fixed here"));
        }
        long needed = (long) replicas * modelRanks(decisions);
        return needed <= problem.devices()
                ? Optional.empty()
                : Optional.of(Clash.of(
                                Decision.DATA.name(),
                                "tensor " + decisions.find(Decision.TENSOR).orElse(1) + " x pipeline "
                                        + decisions.find(Decision.PIPELINE).orElse(1)
                                        + decisions
                                                .find(Decision.CONTEXT)
                                                .filter(ways -> ways > 1)
                                                .map(ways -> " x context " + ways)
                                                .orElse("")
                                        + " x data " + replicas
                                        + " needs "
                                        + needed + " devices, the cluster has " + problem.devices(),
                                "each replica has its own pipeline")
                        .with(problem.origin(Decision.PIPELINE), "pipeline is fixed here"));
    }
}
