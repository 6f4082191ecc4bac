package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.input.InputPipeline;
import dev.dovetail.optimizer.input.InputPipeline.Workers;
import dev.dovetail.optimizer.input.Route;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How long steps take whose samples must be prepared; while that is not decided, the least that any way takes. */
final class InputPace {
    private static final List<Decision<?>> DECISIONS =
            List.of(Decision.PREPARE, Decision.PREPARE_HELPERS, Decision.PREPARE_STEPS, Decision.PREPARE_SHARE);

    private final InputPipeline input;
    private final Map<Undecided, Route> fastest = new HashMap<>();

    private record Undecided(Workers workers, Prepare prepare, Optional<Integer> helpers) {}

    private InputPace(InputPipeline input) {
        this.input = input;
    }

    static Optional<InputPace> of(TrainJob job) {
        return InputPipeline.of(job).map(InputPace::new);
    }

    /** What a plan decides beside how its samples are prepared. */
    static Decisions without(Decisions decisions) {
        Decisions rest = decisions;
        for (Decision<?> decision : DECISIONS) {
            rest = rest.without(decision);
        }
        return rest;
    }

    /** @param model seconds of a step whose samples are there */
    double step(double model, Decisions decisions) {
        return step(Seconds.of(model), decisions).value();
    }

    Seconds step(Seconds model, Decisions decisions) {
        Workers workers = Workers.of(input.where(), decisions);
        if (decisions.find(Decision.PREPARE_SHARE).isPresent()) {
            return input.step(model, Route.of(decisions), workers);
        }
        return decisions.find(Decision.PREPARE).map(List::of).orElseGet(input::ways).stream()
                .map(way -> new Undecided(workers, way, decisions.find(Decision.PREPARE_HELPERS)))
                .map(open -> input.step(model, fastest.computeIfAbsent(open, this::fastest), workers))
                .reduce(Seconds::min)
                .orElseThrow();
    }

    /** More helpers are never slower. */
    private Route fastest(Undecided open) {
        int helpers = open.helpers().orElseGet(() -> input.helpers(open.prepare()));
        return input.fastest(open.prepare(), helpers, open.workers());
    }

    /** What the helpers in use cost, as far as that is decided. */
    Dollars rent(Decisions decisions, Seconds step) {
        int helpers = decisions.find(Decision.PREPARE_HELPERS).orElse(0);
        DollarsPerHour each = input.where()
                .inputHosts()
                .helpers()
                .flatMap(hosts -> hosts.price())
                .orElse(DollarsPerHour.ZERO);
        return each.times(helpers).during(step);
    }
}
