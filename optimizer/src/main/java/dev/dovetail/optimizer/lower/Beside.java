package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Offload;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;

/**
 * What of a layer lies beside the arena until it is needed (Rajbhandari et al. 2021, ZeRO-Infinity, arXiv:2104.07857).
 *
 * @param optimizer moments and master weights
 * @param saved what its forward pass saves
 */
public record Beside(Tier tier, boolean optimizer, boolean saved) {
    public static final Beside NOTHING = new Beside(Tier.HOST, false, false);

    public static Beside of(Decisions decisions) {
        Offload offload = decisions.find(Decision.OFFLOAD).orElse(Offload.NONE);
        return offload == Offload.NONE
                ? NOTHING
                : new Beside(
                        decisions.find(Decision.OFFLOAD_TO).orElse(Tier.HOST),
                        offload.optimizer(),
                        offload.activations());
    }

    /** As decisions say it. */
    public Decisions in(Decisions decisions) {
        Offload offload =
                optimizer ? saved ? Offload.ALL : Offload.OPTIMIZER : saved ? Offload.ACTIVATIONS : Offload.NONE;
        return decisions.with(Decision.OFFLOAD, offload).with(Decision.OFFLOAD_TO, tier);
    }

    /** Of an embedding or a head, whose saved values are soon needed again. */
    Beside ofEnds() {
        return optimizer ? new Beside(tier, true, false) : NOTHING;
    }
}
