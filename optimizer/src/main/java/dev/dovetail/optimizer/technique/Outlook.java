package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.optimizer.technique.Choice.Values;
import java.util.List;

/** What the layers of a plan come to, as far as its decisions tell: asked by techniques that weigh work against memory. */
public interface Outlook {

    /**
     * How many layers each virtual stage may hold, embedding and head priced beside them.
     *
     * @param before every decision but how layers are split
     */
    Values<List<Integer>> splits(Decisions before);

    /**
     * What each layer may compute again, nothing first.
     *
     * @param before every decision but this one and the clock
     */
    Values<Recomputation> recomputations(Decisions before);
}
