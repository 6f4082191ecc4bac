package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/**
 * State is sharded within groups of ranks, and kept whole by each group: weights and gradients travel inside a group, and
 * between groups shards of gradients alone, once a step. Tried are all data ranks as one group, and groups that fast links join.
 */
public final class HybridSharding implements Technique {

    @Override
    public String name() {
        return "shard_group";
    }

    @Override
    public String citation() {
        return "Zhao et al. 2023, FSDP, arXiv:2304.11277 (hybrid sharding); Wang et al. 2023, ZeRO++, arXiv:2306.10209";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(Decision.SHARD_GROUP, HybridSharding::worthTrying));
    }

    private static List<Integer> worthTrying(Problem problem, Decisions before) {
        int all = dataRanks(before);
        int near = problem.domain() / before.get(Decision.TENSOR);
        boolean helps = before.get(Decision.SHARD) != Shard.NONE && near > 1 && near < all && all % near == 0;
        return helps && !sharesExperts(before) ? List.of(all, near) : List.of(all);
    }

    private static int dataRanks(Decisions decisions) {
        return decisions.get(Decision.DATA) * decisions.find(Decision.CONTEXT).orElse(1);
    }

    private static boolean sharesExperts(Decisions decisions) {
        return decisions.find(Decision.EXPERT).orElse(1) > 1
                || decisions.find(Decision.EXPERT_SHARD).orElse(1) > 1;
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Optional<Integer> group = decisions.find(Decision.SHARD_GROUP);
        if (group.isEmpty() || decisions.find(Decision.DATA).isEmpty()) {
            return Optional.empty();
        }
        int all = dataRanks(decisions);
        if (all % group.get() != 0) {
            return Optional.of(clash(
                    "shard_group " + group.get() + " does not divide " + all + " data ranks",
                    "groups are of equal size"));
        }
        boolean shards = decisions.find(Decision.SHARD).orElse(Shard.NONE) != Shard.NONE;
        if (group.get() < all && (!shards || group.get() == 1)) {
            return Optional.of(clash(
                            "shard_group " + group.get() + " shards nothing" + (shards ? "" : ", as shard is none"),
                            "a group spreads over its ranks what is sharded")
                    .with(problem.origin(Decision.SHARD), "shard is decided here"));
        }
        return group.get() < all && sharesExperts(decisions)
                ? Optional.of(clash(
                        "shard_group " + group.get() + " with shared experts is not supported yet",
                        "the ranks that hold the same experts are not neighbours"))
                : Optional.empty();
    }

    private static Clash clash(String message, String note) {
        return Clash.of(Decision.SHARD_GROUP.name(), message, note);
    }
}
