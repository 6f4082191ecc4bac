package dev.dovetail.optimizer.input;

import dev.dovetail.ir.cluster.InputHosts;
import dev.dovetail.ir.cluster.InputHosts.Hosts;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.InputForecast;
import dev.dovetail.ir.plan.InputForecast.Station;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.input.InputPipeline.Workers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Says of a plan whether its samples come in time, and what would help where they do not. */
public final class Forecast {
    /** Helpers tried for an answer, at most. */
    private static final int MOST = 1024;

    private final InputPipeline input;
    private final Workers workers;
    private final Seconds model;

    private Forecast(InputPipeline input, Workers workers, Seconds model) {
        this.input = input;
        this.workers = workers;
        this.model = model;
    }

    /** @param model a step whose samples are there */
    public static Optional<InputForecast> of(TrainJob job, Decisions complete, Seconds model) {
        return InputPipeline.of(job)
                .map(input ->
                        new Forecast(input, Workers.of(job.cluster(), complete), model).along(Route.of(complete)));
    }

    private InputForecast along(Route route) {
        Seconds stall = input.step(model, route, workers).minus(model);
        List<Station> stations = input.stations(route, workers).stream()
                .sorted(Comparator.comparing(Station::busy).reversed())
                .toList();
        return new InputForecast(
                model,
                input.seconds(Route.near(Prepare.WORKER), workers),
                input.seconds(route, workers),
                stations,
                stall,
                stall.value() > 0 ? remedies(route, stations.getFirst()) : List.of());
    }

    private List<String> remedies(Route route, Station busiest) {
        var remedies = new ArrayList<String>();
        Seconds beside = input.step(model, Route.near(Prepare.WORKER), workers);
        if (route.prepare() == Prepare.IN_STEP && beside.compareTo(input.step(model, route, workers)) < 0) {
            remedies.add("`prepare worker`: samples made ready beside the step before");
        }
        helpersThatSuffice().ifPresent(count -> remedies.add(count + " helpers of " + hosts().cores() + " cores"));
        if (route.prepare() != Prepare.IN_STEP) {
            remedies.add(String.format(
                    Locale.ROOT,
                    "%s %.2f times as fast",
                    busiest.name(),
                    busiest.busy().ratioTo(model)));
        }
        return remedies;
    }

    /** As the cluster has them, or as many cores in each as a worker spares. */
    private Hosts hosts() {
        InputHosts around = input.where().inputHosts();
        return around.helpers()
                .orElseGet(() ->
                        new Hosts(1, input.spareCores(), input.workerNetwork(), Optional.empty(), Optional.empty()));
    }

    /** The fewest with which nobody waits. */
    private Optional<Integer> helpersThatSuffice() {
        InputHosts around = input.where().inputHosts();
        var helped = new InputPipeline(
                input.preparation(),
                input.where().withInputHosts(new InputHosts(Optional.of(hosts()), around.storage())),
                input.batch());
        return IntStream.rangeClosed(1, MOST)
                .boxed()
                .filter(count -> helped.seconds(helped.fastest(Prepare.HELPERS, count, workers), workers)
                                .compareTo(model)
                        <= 0)
                .findFirst();
    }
}
