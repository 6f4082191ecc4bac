package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/**
 * Stages hold different numbers of layers: where layers are no multiple of the stages, where embedding and head are work too,
 * and where the first stages keep more micro-batches alive than fit beside their share of the layers.
 */
public final class UnevenStages implements Technique {

    @Override
    public String name() {
        return "stages";
    }

    @Override
    public String citation() {
        return "Narayanan et al. 2019, PipeDream (partitioning by dynamic programming); Sun et al. 2024, AdaPipe";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.refining(Decision.STAGES, (problem, before, outlook) -> outlook.splits(before)));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return decisions.find(Decision.STAGES).flatMap(split -> refusal(problem, decisions, split));
    }

    private static Optional<Clash> refusal(Problem problem, Decisions decisions, List<Integer> split) {
        int layers = problem.blocks();
        int sum = split.stream().mapToInt(Integer::intValue).sum();
        if (sum != layers) {
            return Optional.of(
                    clash(split, "holds " + sum + " layers, the model has " + layers, "every layer stands on one stage")
                            .with(problem.job().model().origin(), layers + " layers are declared here"));
        }
        Optional<Integer> stages = decisions.find(Decision.PIPELINE);
        if (stages.isEmpty()) {
            return Optional.empty();
        }
        int chunks = decisions.find(Decision.INTERLEAVE).orElse(1);
        if (split.size() != stages.get() * chunks) {
            return Optional.of(clash(
                            split,
                            "has " + split.size() + " entries, pipeline " + stages.get() + " x interleave " + chunks
                                    + " makes " + stages.get() * chunks + " virtual stages",
                            "there is an entry for each virtual stage, in the order of the model")
                    .with(problem.origin(Decision.PIPELINE), "pipeline is " + stages.get() + " here"));
        }
        boolean ends = chunks == 1 && split.size() > 1;
        List<Integer> between = ends ? split.subList(1, split.size() - 1) : split;
        return between.contains(0)
                ? Optional.of(clash(
                        split,
                        "leaves a stage without layers",
                        "only the stages of embedding and head may do without, and not when stages interleave"))
                : Optional.empty();
    }

    private static Clash clash(List<Integer> split, String what, String why) {
        return Clash.of(Decision.STAGES.name(), "stages " + split + " " + what, why);
    }
}
