package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.input.InputPipeline;
import dev.dovetail.optimizer.input.InputPipeline.Workers;
import dev.dovetail.optimizer.input.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Samples are made ready in the step that needs them, beside the step before, or in part elsewhere: on machines that do nothing
 * else, or on those that they lie on. A share of the samples has its first steps done there, the workers do the rest.
 */
public final class InputPreparation implements Technique {
    private static final int ALL = 100;

    @Override
    public String name() {
        return "prepare";
    }

    @Override
    public String citation() {
        return "Um et al. 2023, FastFlow, PVLDB 16(5)";
    }

    @Override
    public boolean concerns(Problem problem) {
        return problem.job().preparation().isPresent()
                || choices().stream()
                        .anyMatch(choice -> problem.fixed(choice.decision()).isPresent());
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(
                Choice.of(Decision.PREPARE, InputPreparation::ways),
                Choice.variants(Decision.PREPARE_HELPERS, InputPreparation::helpers),
                Choice.variants(
                        Decision.PREPARE_STEPS,
                        (problem, before) ->
                                List.of(best(problem, before).map(Route::steps).orElse(0))),
                Choice.variants(
                        Decision.PREPARE_SHARE,
                        (problem, before) ->
                                List.of(best(problem, before).map(Route::share).orElse(0))));
    }

    private static List<Prepare> ways(Problem problem, Decisions before) {
        return InputPipeline.of(problem.job()).map(InputPipeline::ways).orElse(List.of(Prepare.IN_STEP));
    }

    /** So many that one more would help; samples do nothing but come sooner with more of them. */
    private static List<Integer> helpers(Problem problem, Decisions before) {
        Optional<InputPipeline> input = InputPipeline.of(problem.job());
        int most = input.map(pipeline -> pipeline.helpers(before.get(Decision.PREPARE)))
                .orElse(0);
        if (most == 0) {
            return List.of(0);
        }
        Workers workers = Workers.of(problem.job().cluster(), before);
        var counts = new ArrayList<Integer>();
        double least = Double.POSITIVE_INFINITY;
        for (int count = 1; count <= most; count++) {
            Route route =
                    best(problem, before.with(Decision.PREPARE_HELPERS, count)).orElseThrow();
            double seconds = input.orElseThrow().seconds(route, workers).value();
            if (seconds < least) {
                counts.add(count);
                least = seconds;
            }
        }
        return counts;
    }

    /** What to do elsewhere, and with how many of the samples; nothing where the workers do it all. */
    private static Optional<Route> best(Problem problem, Decisions before) {
        Prepare prepare = before.get(Decision.PREPARE);
        if (!prepare.away()) {
            return Optional.empty();
        }
        int all = problem.job().preparation().orElseThrow().steps().size();
        return InputPipeline.of(problem.job())
                .map(input -> input.best(
                        prepare,
                        before.get(Decision.PREPARE_HELPERS),
                        values(problem, before, Decision.PREPARE_STEPS, all),
                        values(problem, before, Decision.PREPARE_SHARE, ALL),
                        Workers.of(problem.job().cluster(), before)));
    }

    /** The one that is decided or fixed, or all from 1 on. */
    private static List<Integer> values(Problem problem, Decisions before, Decision<Integer> decision, int most) {
        return before.find(decision)
                .or(() -> problem.fixed(decision).map(fixed -> decision.parse().apply(fixed.value())))
                .map(List::of)
                .orElseGet(() -> IntStream.rangeClosed(1, most).boxed().toList());
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        Optional<Prepare> prepare = decisions.find(Decision.PREPARE);
        if (prepare.isEmpty()) {
            return Optional.empty();
        }
        boolean away = prepare.get().away();
        if (problem.job().preparation().isEmpty()) {
            return away ? Optional.of(unsaid(prepare.get())) : Optional.empty();
        }
        if (!InputPipeline.hasWorkerCores(problem.job().cluster())) {
            return Optional.of(Clash.of(
                            Decision.PREPARE.name(),
                            "the cluster's nodes say nothing of their processors",
                            "samples are prepared there, all or what is left to do")
                    .help("say `host { memory …, cores … }` in the node"));
        }
        if (!InputPipeline.of(problem.job()).orElseThrow().ways().contains(prepare.get())) {
            return Optional.of(nowhere(prepare.get()));
        }
        return outOfRange(problem, decisions, away);
    }

    private static Clash unsaid(Prepare prepare) {
        return Clash.of(
                        Decision.PREPARE.name(),
                        "prepare " + Decision.PREPARE.print().apply(prepare) + " of samples that need nothing",
                        "the job does not say what is done to them")
                .help("say `preprocess [decode, crop] on [worker, helpers] { … }` in `data`");
    }

    private static Clash nowhere(Prepare prepare) {
        String place = Decision.PREPARE.print().apply(prepare);
        return Clash.of(
                        Decision.PREPARE.name(),
                        "samples cannot be prepared on " + place,
                        "the cluster has no cores there, or the job does not allow it")
                .help("say `" + place + " { … }` in the cluster, and `on [worker, " + place + "]` in `preprocess`");
    }

    private static Optional<Clash> outOfRange(Problem problem, Decisions decisions, boolean away) {
        int all = problem.job().preparation().orElseThrow().steps().size();
        int there = InputPipeline.of(problem.job()).orElseThrow().helpers(decisions.get(Decision.PREPARE));
        return outside(decisions, Decision.PREPARE_HELPERS, there > 0, there)
                .or(() -> outside(decisions, Decision.PREPARE_STEPS, away, all))
                .or(() -> outside(decisions, Decision.PREPARE_SHARE, away, ALL));
    }

    private static Optional<Clash> outside(Decisions decisions, Decision<Integer> decision, boolean used, int most) {
        int least = used ? 1 : 0;
        int limit = used ? most : 0;
        return decisions
                .find(decision)
                .filter(value -> value < least || value > limit)
                .map(value -> Clash.of(
                        decision.name(),
                        decision.name() + " " + value + " with prepare "
                                + Decision.PREPARE.print().apply(decisions.get(Decision.PREPARE)),
                        used ? "it lies from 1 to " + limit + " there" : "it is 0 there"));
    }
}
