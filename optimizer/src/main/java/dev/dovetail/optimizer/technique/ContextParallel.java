package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decisions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ranks share each sequence: every one has a stretch of its positions. For attention it gathers keys and values of the others, of
 * which as many bytes travel as when they pass round a ring, unless {@link Ulysses} changes sides. {@link ZigzagContext} says which
 * positions.
 */
public final class ContextParallel implements Technique {
    /** Shorter stretches of a sequence leave less to compute than their exchange takes; they are legal, but not tried. */
    private static final int WORTH_SHARING = 4096;

    @Override
    public String name() {
        return "context";
    }

    @Override
    public String citation() {
        return "Liu et al. 2023, Ring Attention, arXiv:2310.01889; Dubey et al. 2024, Llama 3, arXiv:2407.21783, section 3.3.2";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(
                Choice.of(Decision.CONTEXT, ContextParallel::worthTrying),
                Choice.of(Decision.CONTEXT_EXCHANGE, ContextParallel::exchanges));
    }

    private static List<Integer> worthTrying(Problem problem, Decisions before) {
        int others = before.get(Decision.TENSOR) * before.get(Decision.PIPELINE);
        var ways = new ArrayList<>(List.of(1));
        for (int n = 2;
                problem.job().sequence() / n >= WORTH_SHARING && (long) n * others <= problem.devices();
                n *= 2) {
            if (clash(problem, before, n).isEmpty()) {
                ways.add(n);
            }
        }
        return ways;
    }

    private static List<ContextExchange> exchanges(Problem problem, Decisions before) {
        if (before.get(Decision.CONTEXT) == 1) {
            return List.of(ContextExchange.GATHER);
        }
        ContextExchange gathering =
                new ZigzagContext().isWorthTrying(problem, before) ? ContextExchange.ZIGZAG : ContextExchange.GATHER;
        return new Ulysses().isWorthTrying(problem, before)
                ? List.of(gathering, ContextExchange.ALL_TO_ALL)
                : List.of(gathering);
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return decisions
                .find(Decision.CONTEXT)
                .filter(ways -> ways > 1)
                .flatMap(ways -> clash(problem, decisions, ways));
    }

    private static Optional<Clash> clash(Problem problem, Decisions decisions, int ways) {
        boolean splitAgain = decisions.find(Decision.SEQUENCE).orElse(false);
        int pieces = ways * (splitAgain ? decisions.find(Decision.TENSOR).orElse(1) : 1);
        int sequence = problem.job().sequence();
        if (sequence % pieces != 0) {
            return Optional.of(refusal(
                            ways + " context ranks cannot share " + sequence + " positions evenly",
                            splitAgain
                                    ? "sequence parallelism splits each share again"
                                    : "each rank keeps an equal share of every sequence")
                    .with(problem.origin(Decision.TENSOR), "tensor ranks share them too"));
        }
        boolean looksAhead = problem.model().kinds().stream()
                .flatMap(kind -> kind.forward().nodes().stream())
                .map(Node::op)
                .anyMatch(op -> op instanceof Attend attend && !attend.pattern().causal());
        // Convolutions of pictures look ahead too, and a class is told from all rows.
        boolean inOrder = problem.model().definition().continues() && !looksAhead;
        return inOrder
                ? Optional.empty()
                : Optional.of(
                        refusal("context " + ways + " needs causal attention", "shares of a sequence are in order"));
    }

    private static Clash refusal(String message, String note) {
        return Clash.of(Decision.CONTEXT.name(), message, note);
    }
}
