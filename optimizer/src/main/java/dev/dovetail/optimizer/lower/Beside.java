package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.Offload.Part;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import java.util.EnumSet;

/** What of a layer lies beside the arena until it is needed (Rajbhandari et al. 2021, ZeRO-Infinity, arXiv:2104.07857). */
public record Beside(Tier tier, Offload what) {
    public static final Beside NOTHING = new Beside(Tier.HOST, Offload.NONE);

    public static Beside of(Decisions decisions) {
        Offload offload = decisions.find(Decision.OFFLOAD).orElse(Offload.NONE);
        return offload.any() ? new Beside(decisions.find(Decision.OFFLOAD_TO).orElse(Tier.HOST), offload) : NOTHING;
    }

    /** As decisions say it. */
    public Decisions in(Decisions decisions) {
        return decisions.with(Decision.OFFLOAD, what).with(Decision.OFFLOAD_TO, tier);
    }

    /** Of an embedding or a head, whose saved values are soon needed again. */
    Beside ofEnds() {
        EnumSet<Part> state = EnumSet.noneOf(Part.class);
        state.addAll(what.parts());
        state.remove(Part.ACTIVATIONS);
        return new Beside(tier, new Offload(state));
    }

    /** Brings what lies beside into the arena. */
    Instruction fetch(Buffer near, Buffer far) {
        return new Instruction.Move(near, far, true, tier);
    }

    Instruction putAway(Buffer near, Buffer far) {
        return new Instruction.Move(near, far, false, tier);
    }
}
