package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/**
 * A replica's share of the batch runs in equal pieces whose gradients add up: less memory, fuller pipelines, smaller kernels.
 * Searched are sizes that divide the largest share; a spec may fix others, whose last pieces are padded.
 */
public final class MicroBatching implements Technique {

    @Override
    public String name() {
        return "microbatch";
    }

    @Override
    public String citation() {
        return "Huang et al. 2019, GPipe, arXiv:1811.06965";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(Decision.MICROBATCH, (problem, before) -> {
            int share = problem.job().largestShare(before.get(Decision.DATA));
            return Problem.divisors(share, share);
        }));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Optional<Integer> microbatch = decisions.find(Decision.MICROBATCH);
        Optional<Integer> data = decisions.find(Decision.DATA);
        return microbatch.isEmpty() || data.isEmpty()
                ? Optional.empty()
                : refusal(problem, decisions, microbatch.get(), data.get());
    }

    private static Optional<Clash> refusal(Problem problem, Decisions decisions, int microbatch, int data) {
        int share = problem.job().largestShare(data);
        if (microbatch > share) {
            return Optional.of(Clash.of(
                            Decision.MICROBATCH.name(),
                            "a micro-batch of " + microbatch + " is more than a data rank's share of the batch ("
                                    + share + " sequences)",
                            "the rest of it would be padding in every step")
                    .with(problem.origin(Decision.DATA), "data is " + data + " here")
                    .help("use at most " + share));
        }
        int count = problem.job().microbatches(data, microbatch);
        int stages = decisions.find(Decision.PIPELINE).orElse(1);
        boolean interleaved = decisions
                .find(Decision.SCHEDULE)
                .filter(Schedule.INTERLEAVED::equals)
                .isPresent();
        return !interleaved || count % stages == 0
                ? Optional.empty()
                : Optional.of(Clash.of(
                                Decision.MICROBATCH.name(),
                                "the interleaved schedule cannot run " + count + " micro-batches over " + stages
                                        + " stages",
                                "it runs micro-batches in rounds of one a stage")
                        .with(problem.origin(Decision.INTERLEAVE), "interleave is fixed here")
                        .help("make micro-batches a multiple of " + stages + ", or use schedule 1f1b"));
    }
}
