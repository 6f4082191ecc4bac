package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/**
 * Between split operators each tensor rank keeps only its share of the positions: the same bytes travel, norms and residuals
 * are computed once, and their activations shrink by the tensor ways.
 */
public final class SequenceParallel implements Technique {

    @Override
    public String name() {
        return "sequence";
    }

    @Override
    public String citation() {
        return "Korthikanti et al. 2022, arXiv:2205.05198";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(
                Decision.SEQUENCE,
                (problem, before) -> before.get(Decision.TENSOR) > 1
                                && uneven(problem, before.get(Decision.TENSOR)).isEmpty()
                        ? List.of(false, true)
                        : List.of(false)));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        boolean on = decisions.find(Decision.SEQUENCE).orElse(false);
        int ways = decisions.find(Decision.TENSOR).orElse(0);
        if (!on || ways == 0) {
            return Optional.empty();
        }
        if (ways == 1) {
            return Optional.of(Clash.of(
                            Decision.SEQUENCE.name(),
                            "sequence parallelism needs tensor parallelism",
                            "it splits positions over the tensor ranks, and tensor is 1")
                    .with(problem.origin(Decision.TENSOR), "tensor is 1 here")
                    .help("fix tensor to 2 or more, or leave sequence open"));
        }
        return uneven(problem, ways)
                .map(sequence -> Clash.of(
                                Decision.SEQUENCE.name(),
                                ways + " tensor ranks cannot share " + sequence + " positions evenly",
                                "each rank keeps an equal share of every sequence")
                        .with(problem.origin(Decision.TENSOR), "tensor is " + ways + " here"));
    }

    /** A length that some part of the model has and that ranks cannot share; of a picture it is its patches. */
    private static Optional<Long> uneven(Problem problem, int ways) {
        return problem.extents(Names.SEQUENCE).stream()
                .filter(length -> length % ways != 0)
                .findFirst();
    }
}
