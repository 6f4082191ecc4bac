package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/**
 * Of the 2c stretches of a sequence that c ranks share, rank i has the stretches i and 2c - 1 - i: under a causal mask all ranks look
 * back on as much, where in order the last would have nearly twice the mean. The same bytes travel, so it is never slower. A
 * value of {@link ContextParallel}'s decision, which may be forbidden on its own.
 */
public final class ZigzagContext implements Technique {

    @Override
    public String name() {
        return "zigzag";
    }

    @Override
    public String citation() {
        return "Brandon et al. 2023, Striped Attention, arXiv:2311.09431; Dubey et al. 2024, Llama 3, arXiv:2407.21783, section 3.3.2";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of();
    }

    boolean isWorthTrying(Problem problem, Decisions before) {
        return !problem.forbids(this)
                && refusal(problem, before.get(Decision.CONTEXT)).isEmpty();
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        int ways = decisions.find(Decision.CONTEXT).orElse(1);
        boolean isZigzag = decisions.find(Decision.CONTEXT_EXCHANGE).equals(Optional.of(ContextExchange.ZIGZAG));
        if (!isZigzag || ways == 1) {
            return Optional.empty();
        }
        return problem.forbids(this)
                ? Optional.of(clash(
                        "context_exchange zigzag is forbidden by the job",
                        "ranks have an early and a late stretch each there"))
                : refusal(problem, ways);
    }

    private static Optional<Clash> refusal(Problem problem, int ways) {
        int sequence = problem.job().sequence();
        if (sequence % (2 * ways) != 0) {
            return Optional.of(clash(
                            ways + " context ranks cannot have two equal stretches each of " + sequence + " positions",
                            "an early and a late stretch are as long as each other")
                    .with(problem.origin(Decision.CONTEXT), "context is " + ways + " here")
                    .help("use context_exchange gather"));
        }
        return problem.model().kinds().stream()
                .flatMap(kind -> kind.forward().nodes().stream())
                .map(Node::op)
                .filter(ZigzagContext::countsPositions)
                .findFirst()
                .map(op -> clash(
                                "context_exchange zigzag with an operator that counts positions is not supported yet",
                                "`" + op.label() + "` takes its rows for neighbours")
                        .help("use context_exchange gather"));
    }

    /** Whether an operator would read from its place in a shard where it stands in the sequence. */
    private static boolean countsPositions(Op op) {
        return !(op instanceof Attend) && !op.shard(Names.SEQUENCE, "start").equals(op);
    }

    private static Clash clash(String message, String note) {
        return Clash.of(Decision.CONTEXT_EXCHANGE.name(), message, note);
    }
}
