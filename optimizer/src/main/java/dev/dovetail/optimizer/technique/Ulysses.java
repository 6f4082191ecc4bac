package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Ranks that share sequences change sides for attention: each hands its stretch of the positions of most heads to others and
 * gets all positions of its own heads. The more ranks share a sequence, the less each sends, and under a causal mask all have
 * the same work; but heads must divide. A value of {@link ContextParallel}'s decision, which may be forbidden on its own.
 */
public final class Ulysses implements Technique {

    @Override
    public String name() {
        return "ulysses";
    }

    @Override
    public String citation() {
        return "Jacobs et al. 2023, DeepSpeed Ulysses, arXiv:2309.14509";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of();
    }

    boolean isWorthTrying(Problem problem, Decisions before) {
        return !problem.forbids(this)
                && refusal(problem, before, before.get(Decision.CONTEXT)).isEmpty();
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        int ways = decisions.find(Decision.CONTEXT).orElse(1);
        boolean changes = decisions
                .find(Decision.CONTEXT_EXCHANGE)
                .filter(exchange -> exchange == ContextExchange.ALL_TO_ALL)
                .isPresent();
        if (!changes || ways == 1) {
            return Optional.empty();
        }
        return problem.forbids(this)
                ? Optional.of(Clash.of(
                        Decision.CONTEXT_EXCHANGE.name(),
                        "context_exchange all_to_all is ulysses, which the job forbids",
                        "ranks change sides for attention there"))
                : refusal(problem, decisions, ways);
    }

    private static Optional<Clash> refusal(Problem problem, Decisions decisions, int ways) {
        int tensor = decisions.find(Decision.TENSOR).orElse(1);
        Optional<Long> uneven = Stream.of(Names.HEADS, Names.KV_HEADS)
                .flatMap(dim -> problem.extents(dim).stream())
                .filter(heads -> heads % ((long) tensor * ways) != 0)
                .findFirst();
        if (uneven.isPresent()) {
            return Optional.of(Clash.of(
                            Decision.CONTEXT_EXCHANGE.name(),
                            ways + " context ranks cannot share " + uneven.get() + " heads evenly"
                                    + (tensor > 1 ? " that " + tensor + " tensor ranks share before" : ""),
                            "each rank runs attention of whole heads")
                    .with(problem.origin(Decision.CONTEXT), "context is " + ways + " here")
                    .help("use context_exchange gather"));
        }
        return tensor > 1 && hasSlopes(problem)
                ? Optional.of(Clash.of(
                        Decision.CONTEXT_EXCHANGE.name(),
                        "context_exchange all_to_all beside tensor parallelism with ALiBi is not supported yet",
                        "a slope belongs to a head, and both axes share them"))
                : Optional.empty();
    }

    private static boolean hasSlopes(Problem problem) {
        return problem.model().kinds().stream()
                .flatMap(kind -> kind.forward().nodes().stream())
                .anyMatch(node ->
                        node.op() instanceof Attend attend && attend.pattern().alibiHeads() > 0);
    }
}
