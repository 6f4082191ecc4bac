package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Ranks share every layer: each owns some heads, some of the inner width and some of the vocabulary. Every layer then
 * exchanges its activations, so the ranks stay within one scale-up domain unless the spec says otherwise.
 */
public final class TensorParallel implements Technique {

    @Override
    public String name() {
        return "tensor";
    }

    @Override
    public String citation() {
        return "Shoeybi et al. 2019, Megatron-LM, arXiv:1909.08053";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(Decision.TENSOR, TensorParallel::worthTrying));
    }

    /** Ways that cut a domain into whole groups; a group across two domains would pay the slow network for every layer. */
    private static List<Integer> worthTrying(Problem problem, Decisions before) {
        return IntStream.rangeClosed(1, problem.domain())
                .filter(ways ->
                        problem.domain() % ways == 0 && undivided(problem, ways).isEmpty())
                .boxed()
                .toList();
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return decisions.find(Decision.TENSOR).flatMap(ways -> refusal(problem, ways));
    }

    private static Optional<Clash> refusal(Problem problem, int ways) {
        if (ways > problem.devices()) {
            return Optional.of(Clash.of(
                            Decision.TENSOR.name(),
                            "tensor " + ways + " needs " + ways + " devices, the cluster has " + problem.devices(),
                            "each tensor rank is a device of its own")
                    .with(problem.job().cluster().origin(), "the cluster is declared here"));
        }
        return undivided(problem, ways)
                .map(split -> Clash.of(
                                Decision.TENSOR.name(),
                                ways + "-way tensor parallelism cannot split " + split.extent() + " " + split.words(),
                                "a rank must own a whole number of " + split.words())
                        .with(problem.job().model().origin(), "the model is declared here")
                        .help("use a divisor of " + split.extent()));
    }

    private record Split(String dim, long extent) {
        String words() {
            return dim.equals("inner") ? "columns of the inner width" : dim.replace('_', ' ');
        }
    }

    /** The first dim that {@code ways} ranks cannot share evenly. */
    private static Optional<Split> undivided(Problem problem, int ways) {
        return Problem.SPLIT_DIMS.stream()
                .sorted()
                .flatMap(dim -> problem.extents(dim).stream().map(extent -> new Split(dim, extent)))
                .filter(split -> split.extent() % ways != 0)
                .findFirst();
    }
}
