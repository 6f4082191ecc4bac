package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/** Activations are dropped after the forward pass and computed again: those of attention's core, or all of a layer. */
public final class ActivationRecomputation implements Technique {

    @Override
    public String name() {
        return "recompute";
    }

    @Override
    public String citation() {
        return "Chen et al. 2016, arXiv:1604.06174; Korthikanti et al. 2022, arXiv:2205.05198 (selective)";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(Decision.RECOMPUTE, (problem, before) -> List.of(Recompute.values())));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return Optional.empty();
    }
}
