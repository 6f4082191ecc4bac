package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/**
 * Replicas keep shares instead of copies: of the optimizer's state, of the gradients too, or of the weights as well, which are
 * then gathered layer by layer when they are needed.
 */
public final class ShardedDataParallel implements Technique {

    @Override
    public String name() {
        return "shard";
    }

    @Override
    public String citation() {
        return "Rajbhandari et al. 2020, ZeRO, arXiv:1910.02054; Zhao et al. 2023, FSDP, arXiv:2304.11277";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(
                Decision.SHARD,
                (problem, before) -> before.get(Decision.DATA)
                                        * before.find(Decision.CONTEXT).orElse(1)
                                > 1
                        ? List.of(Shard.values())
                        : List.of(Shard.NONE)));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Shard shard = decisions.find(Decision.SHARD).orElse(Shard.NONE);
        boolean alone = decisions.find(Decision.DATA).orElse(0) == 1
                && decisions.find(Decision.CONTEXT).orElse(1) == 1;
        return shard != Shard.NONE && alone
                ? Optional.of(Clash.of(
                                Decision.SHARD.name(),
                                "shard " + Decision.SHARD.print().apply(shard) + " needs data 2 or more",
                                "what is sharded is spread over the data ranks, and data is 1")
                        .with(problem.origin(Decision.DATA), "data is 1 here"))
                : Optional.empty();
    }
}
