package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Neighbours along the data axis share the experts of each layer: tokens travel to the ranks of their experts and back, and no
 * expert's gradient goes further than to the ranks that hold the same one. Tensor ranks have experts of their own, or share
 * each of them.
 */
public final class ExpertParallel implements Technique {

    @Override
    public String name() {
        return "expert";
    }

    @Override
    public String citation() {
        return "Lepikhin et al. 2020, GShard, arXiv:2006.16668; Hwang et al. 2022, Tutel, arXiv:2206.03382";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(
                Choice.of(Decision.EXPERT_TENSOR, ExpertParallel::waysToShareOne),
                Choice.of(Decision.EXPERT, ExpertParallel::waysToShareAll),
                Choice.of(Decision.EXPERT_SHARD, ExpertParallel::replicasThatShareOne),
                Choice.of(Decision.EXPERT_SEND, ExpertParallel::waysToSend));
    }

    /** Where there are more ranks than experts; parts of an expert are exchanged for every layer, so they stay in a domain. */
    private static List<Integer> replicasThatShareOne(Problem problem, Decisions before) {
        int expert = before.get(Decision.EXPERT);
        int most = room(problem, before) / expert;
        boolean fewer = expert > 1 && problem.extents(Names.EXPERTS).first() == expert;
        return IntStream.rangeClosed(1, fewer ? most : 1)
                .filter(ways -> ways == 1 || room(problem, before) % (expert * ways) == 0)
                .filter(ways -> problem.job().batch() % (expert * ways) == 0 || ways == 1)
                .filter(ways -> undivided(problem, before.with(Decision.EXPERT_SHARD, ways))
                        .isEmpty())
                .boxed()
                .toList();
    }

    /** Ranks of a domain that can have replicas. */
    private static int room(Problem problem, Decisions before) {
        return Math.max(1, problem.domain() / before.get(Decision.TENSOR));
    }

    private static List<Integer> waysToSend(Problem problem, Decisions before) {
        int shard = before.get(Decision.EXPERT_SHARD);
        int ranks = before.get(Decision.EXPERT) * shard;
        boolean gathersAll = shard > 1
                && ranks <= room(problem, before)
                && before.find(Decision.CONTEXT).orElse(1) == 1;
        return IntStream.concat(
                        Problem.divisors(shard, shard).stream().mapToInt(n -> n),
                        IntStream.range(0, gathersAll ? 1 : 0))
                .boxed()
                .toList();
    }

    private static List<Integer> waysToShareOne(Problem problem, Decisions before) {
        return Stream.of(1, problem.extents(Names.EXPERTS).isEmpty() ? 1 : before.get(Decision.TENSOR))
                .distinct()
                .filter(ways -> undivided(problem, before.with(Decision.EXPERT_TENSOR, ways))
                        .isEmpty())
                .toList();
    }

    private static List<Integer> waysToShareAll(Problem problem, Decisions before) {
        if (problem.extents(Names.EXPERTS).isEmpty()) {
            return List.of(1);
        }
        int sharing = before.find(Decision.CONTEXT).orElse(1);
        int others = before.get(Decision.TENSOR) * before.get(Decision.PIPELINE);
        int most = Math.min(
                problem.devices() / others,
                problem.extents(Names.EXPERTS).first().intValue());
        return IntStream.rangeClosed(1, most)
                .filter(ways ->
                        undivided(problem, before.with(Decision.EXPERT, ways)).isEmpty())
                .filter(ways ->
                        ways == 1 || ways % sharing == 0 && problem.job().batch() % (ways / sharing) == 0)
                .boxed()
                .toList();
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        int expert = decisions.find(Decision.EXPERT).orElse(1);
        int each = decisions.find(Decision.EXPERT_TENSOR).orElse(1);
        int tensor = decisions.find(Decision.TENSOR).orElse(each);
        int shard = decisions.find(Decision.EXPERT_SHARD).orElse(1);
        int send = decisions.find(Decision.EXPERT_SEND).orElse(1);
        if (problem.extents(Names.EXPERTS).isEmpty()) {
            return expert == 1 && each == 1 && shard == 1
                    ? Optional.empty()
                    : Optional.of(refusal(
                            expert > 1 ? Decision.EXPERT : Decision.EXPERT_TENSOR,
                            "no layer of this model has experts",
                            "ranks can share experts where there is a `moe`"));
        }
        if (each != 1 && each != tensor) {
            return Optional.of(refusal(
                            Decision.EXPERT_TENSOR,
                            each + " of " + tensor + " tensor ranks cannot share an expert",
                            "either each tensor rank has experts of its own, or all of them share each")
                    .with(problem.origin(Decision.TENSOR), "tensor is fixed here")
                    .help("use 1 or " + tensor));
        }
        if (send > 0 && shard % send != 0) {
            return Optional.of(refusal(
                            Decision.EXPERT_SEND,
                            "tokens cannot be sent to " + send + " of " + shard + " ranks that share an expert",
                            "each group of the others gathers as many parts")
                    .with(problem.origin(Decision.EXPERT_SHARD), "expert_shard is fixed here"));
        }
        if (shard > 1 && problem.hasExpertBias()) {
            return Optional.of(refusal(
                    Decision.EXPERT_SHARD,
                    "replicas cannot share experts that have biases",
                    "a bias behind the inner width would belong to all of them"));
        }
        int context = decisions.find(Decision.CONTEXT).orElse(1);
        return context > 1 && expert * shard > 1
                ? besideContext(problem, context, decisions).or(() -> undivided(problem, decisions))
                : undivided(problem, decisions);
    }

    /** Neighbours that share sequences are the first that have different experts. */
    private static Optional<Clash> besideContext(Problem problem, int context, Decisions decisions) {
        int expert = decisions.find(Decision.EXPERT).orElse(1);
        if (expert % context != 0) {
            return Optional.of(refusal(
                            Decision.EXPERT,
                            "expert " + expert + " is no multiple of the " + context
                                    + " ranks that share each sequence",
                            "all of those have different experts, or the same")
                    .with(problem.origin(Decision.CONTEXT), "context is fixed here")
                    .help("use a multiple of " + context));
        }
        return decisions.find(Decision.EXPERT_SEND).orElse(1) == 0
                ? Optional.of(refusal(
                                Decision.EXPERT_SEND,
                                "expert_send 0 with context " + context + " is not supported yet",
                                "each of the ranks that share a sequence would run all experts on all of its tokens")
                        .with(problem.origin(Decision.CONTEXT), "context is fixed here"))
                : Optional.empty();
    }

    /** Where ranks would get different numbers of experts, or different parts of one. */
    private static Optional<Clash> undivided(Problem problem, Decisions decisions) {
        boolean shareEach = decisions.find(Decision.EXPERT_TENSOR).orElse(1) > 1;
        int tensor = decisions.find(Decision.TENSOR).orElse(1);
        int expert = decisions.find(Decision.EXPERT).orElse(1);
        int groups = shareEach ? expert : expert * tensor;
        Optional<Long> experts = problem.extents(Names.EXPERTS).stream()
                .filter(n -> n % groups != 0)
                .findFirst();
        if (experts.isPresent()) {
            return Optional.of(refusal(
                            Decision.EXPERT,
                            groups + " ranks cannot share " + experts.get() + " experts evenly",
                            expert + " ranks share the experts of a layer"
                                    + (groups > expert ? ", and " + tensor + " tensor ranks share theirs" : ""))
                    .with(problem.job().model().origin(), "the model is declared here")
                    .help("use a divisor of " + experts.get()));
        }
        int pieces =
                (shareEach ? tensor : 1) * decisions.find(Decision.EXPERT_SHARD).orElse(1);
        Optional<Long> columns = problem.extents(Names.EXPERT_INNER).stream()
                .filter(n -> n % pieces != 0)
                .findFirst();
        return columns.map(n -> refusal(
                shareEach ? Decision.EXPERT_TENSOR : Decision.EXPERT_SHARD,
                pieces + " ranks cannot share an expert of inner width " + n + " evenly",
                "each has as many of its columns"));
    }

    private static Clash refusal(Decision<?> decision, String message, String note) {
        return Clash.of(decision.name(), message, note);
    }
}
