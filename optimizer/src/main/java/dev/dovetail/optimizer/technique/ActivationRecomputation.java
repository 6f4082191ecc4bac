package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import java.util.List;
import java.util.Optional;

/**
 * Activations are dropped after the forward pass and computed again: those of attention's core, or all of a layer. Each layer
 * for itself: a stage does no more again than lets it fit.
 */
public final class ActivationRecomputation implements Technique {

    @Override
    public String name() {
        return "recompute";
    }

    @Override
    public String citation() {
        return "Chen et al. 2016, arXiv:1604.06174; Korthikanti et al. 2022, arXiv:2205.05198 (selective); Sun et al. 2024,"
                + " AdaPipe (by stage)";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(
                Choice.refining(Decision.RECOMPUTE, (problem, before, outlook) -> outlook.recomputations(before)));
    }

    @Override
    public Optional<Clash> clashOfFixed(Problem problem) {
        return problem.fixedAlone(Decision.RECOMPUTE).flatMap(alone -> clash(problem, alone));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        int blocks = problem.blocks();
        return decisions
                .find(Decision.RECOMPUTE)
                .filter(recompute -> !recompute.fits(blocks))
                .map(recompute -> refusal(problem, recompute, blocks));
    }

    private static Clash refusal(Problem problem, Recomputation recompute, int blocks) {
        return Clash.of(
                        Decision.RECOMPUTE.name(),
                        "recompute " + Decision.RECOMPUTE.print().apply(recompute) + " is for "
                                + recompute.layers().size() + " layers, the model has " + blocks,
                        "there is an entry for each layer, in the order of the model")
                .with(problem.job().model().origin(), blocks + " layers are declared here");
    }
}
