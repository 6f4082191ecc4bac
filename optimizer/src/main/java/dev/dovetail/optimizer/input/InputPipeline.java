package dev.dovetail.optimizer.input;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.InputHosts;
import dev.dovetail.ir.cluster.InputHosts.Hosts;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.InputForecast.Station;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How long it takes until the samples of a step are ready. Everything that samples pass (processors, drives, networks) works on
 * different samples at the same time, so a batch is ready when the busiest is done with its part of it; prepared in the step
 * itself, samples are read and worked on one after the other.
 *
 * @param where the cluster's workers, and what stands around them
 */
public record InputPipeline(Preparation preparation, Cluster where, int batch) {
    private static final int ALL = 100;

    /** Empty where the job does not say what its samples need. */
    public static Optional<InputPipeline> of(TrainJob job) {
        return job.preparation().map(samples -> new InputPipeline(samples, job.cluster(), job.batch()));
    }

    /**
     * The workers that samples come to: those of the first pipeline stage.
     *
     * @param hosts that they run on
     * @param replicas that have samples of their own
     */
    public record Workers(int hosts, int replicas) {
        public static Workers of(Cluster cluster, Decisions decisions) {
            int replicas = decisions.get(Decision.DATA);
            int ranks = replicas
                    * decisions.find(Decision.CONTEXT).orElse(1)
                    * decisions.find(Decision.TENSOR).orElse(1);
            boolean here = cluster.thisMachine().isPresent();
            return new Workers(here ? 1 : Math.ceilDiv(ranks, cluster.node().devices()), replicas);
        }
    }

    /** Whether workers have processors of their own to prepare samples on. */
    public static boolean hasWorkerCores(Cluster cluster) {
        return cluster.thisMachine().isPresent() || cluster.node().host().isPresent();
    }

    /** Whether some cores of the workers do not compute, so that they can prepare while others do. */
    private boolean hasSpareCores() {
        return where.thisMachine()
                .map(machine -> machine.cores() > machine.workers())
                .orElse(true);
    }

    /** Cores of a worker that prepare samples: those that no rank drives its device from, or computes on. */
    int spareCores() {
        return where.thisMachine()
                .map(machine -> hasSpareCores() ? machine.cores() - machine.workers() : machine.cores())
                .orElseGet(() -> Math.max(
                        1,
                        where.node().host().map(Node.Host::cores).orElse(0)
                                - where.node().devices()));
    }

    /** All interfaces of a node together. */
    BytesPerSecond workerNetwork() {
        return where.node().scaleOut().times(where.node().devices());
    }

    /** Until the global batch is ready. */
    public Seconds seconds(Route route, Workers workers) {
        var busy = stations(route, workers).stream().map(Station::busy);
        return route.prepare() == Prepare.IN_STEP
                ? busy.reduce(Seconds.ZERO, Seconds::plus)
                : busy.reduce(Seconds.ZERO, Seconds::max);
    }

    /**
     * A step of a model that takes {@code model} where its samples are there: as long as samples take where those take longer, and
     * both where the same cores do both.
     */
    public Seconds step(Seconds model, Route route, Workers workers) {
        Seconds ready = seconds(route, workers);
        boolean beside = route.prepare() != Prepare.IN_STEP && hasSpareCores();
        return beside ? model.max(ready) : model.plus(ready);
    }

    /** What the samples of a step pass, and for how long each is busy. */
    public List<Station> stations(Route route, Workers workers) {
        double away = route.prepare().away() ? (double) route.share() / ALL : 0;
        var load = new Load(route, workers, away * batch, (1 - away) * batch, new ArrayList<>());
        load.processors();
        where.inputHosts().storage().ifPresentOrElse(load::storage, load::drives);
        if (route.prepare() == Prepare.HELPERS) {
            load.helpers(where.inputHosts());
        }
        return load.stations();
    }

    /** @param away samples of a step that others prepare first */
    private final class Load {
        private final Route route;
        private final Workers workers;
        private final double away;
        private final double near;
        private final List<Station> stations;
        private final Bytes handed;
        private final Seconds before;

        Load(Route route, Workers workers, double away, double near, List<Station> stations) {
            this.route = route;
            this.workers = workers;
            this.away = away;
            this.near = near;
            this.stations = stations;
            this.handed = preparation.bytesBehind(route.steps());
            this.before = preparation.takes(0, route.steps());
        }

        List<Station> stations() {
            return stations;
        }

        /** Of the workers. In the step, a replica has one core, and one sample after the other. */
        void processors() {
            Seconds all = preparation.takes();
            if (route.prepare() == Prepare.IN_STEP) {
                int share = Math.ceilDiv(batch, workers.replicas());
                int atOnce = where.thisMachine()
                        .map(machine -> Math.min(machine.cores(), workers.replicas()))
                        .orElse(workers.replicas());
                add("processors of workers", all.times(Math.max(share, (double) batch / atOnce)));
                return;
            }
            Seconds rest = preparation.takes(route.steps(), preparation.steps().size());
            Seconds work = all.times(near).plus(rest.plus(preparation.receive()).times(away));
            add("processors of workers", work.times(1.0 / (workers.hosts() * spareCores())));
        }

        /** Samples lie on machines of their own. */
        void storage(Hosts storage) {
            boolean there = route.prepare() == Prepare.STORAGE;
            storage.read()
                    .ifPresent(read -> moved("drives of storage", preparation.stored(), batch, read, storage.count()));
            double whole = there ? near : batch;
            double leaving = preparation.stored().count() * whole + handed.count() * (there ? away : 0);
            add("network of storage", leaving / storage.network().value() / storage.count());
            if (there) {
                add("processors of storage", before.times(away / (storage.count() * storage.cores())));
            }
            double coming = preparation.stored().count() * near + handed.count() * away;
            arriving(coming);
        }

        /** Samples lie on the drives of who reads them. */
        void drives() {
            where.groups().stream()
                    .findFirst()
                    .flatMap(group -> group.node().storage())
                    .ifPresent(drives ->
                            moved("drives of workers", preparation.stored(), near, drives.read(), workers.hosts()));
            if (route.prepare().away()) {
                arriving(handed.count() * away);
            }
        }

        void helpers(InputHosts around) {
            Hosts hosts = around.helpers().orElseThrow();
            int count = route.helpers();
            add("processors of helpers", before.times(away / (count * hosts.cores())));
            boolean fetched = around.storage().isPresent();
            Bytes larger = fetched ? handed.max(preparation.stored()) : handed;
            moved("network of helpers", larger, away, hosts.network(), count);
            if (!fetched) {
                hosts.read().ifPresent(read -> moved("drives of helpers", preparation.stored(), away, read, count));
            }
        }

        /** Over all interfaces of a node, which gradients do not use all the time. */
        private void arriving(double bytes) {
            if (where.thisMachine().isEmpty()) {
                add("network of workers", bytes / (workerNetwork().value() * workers.hosts()));
            }
        }

        private void moved(String station, Bytes each, double samples, BytesPerSecond rate, int count) {
            add(station, each.count() * samples / (rate.value() * count));
        }

        private void add(String station, double seconds) {
            add(station, Seconds.of(seconds));
        }

        private void add(String station, Seconds busy) {
            stations.add(new Station(station, busy));
        }
    }

    /** Every way that the cluster has machines for and the spec allows, the simplest first. */
    public List<Prepare> ways() {
        var ways = new ArrayList<>(List.of(Prepare.IN_STEP, Prepare.WORKER));
        if (where.inputHosts().helpers().isPresent() && preparation.places().contains(Prepare.HELPERS)) {
            ways.add(Prepare.HELPERS);
        }
        boolean cores = where.inputHosts().storage().filter(s -> s.cores() > 0).isPresent();
        if (cores && preparation.places().contains(Prepare.STORAGE)) {
            ways.add(Prepare.STORAGE);
        }
        return List.copyOf(ways);
    }

    /** Helpers that there are; none where another way is taken. */
    public int helpers(Prepare prepare) {
        return prepare == Prepare.HELPERS
                ? where.inputHosts().helpers().map(Hosts::count).orElse(0)
                : 0;
    }

    /** The fastest way with so many helpers. */
    public Route fastest(Prepare prepare, int helpers, Workers workers) {
        return prepare.away()
                ? best(prepare, helpers, upTo(preparation.steps().size()), upTo(ALL), workers)
                : Route.near(prepare);
    }

    private static List<Integer> upTo(int most) {
        return IntStream.rangeClosed(1, most).boxed().toList();
    }

    /**
     * The fastest of the ways to use so many helpers: of equal ones, what leaves most to the workers.
     *
     * @param steps that may be tried
     * @param shares that may be tried
     */
    public Route best(Prepare prepare, int helpers, List<Integer> steps, List<Integer> shares, Workers workers) {
        Optional<Route> best = Optional.empty();
        double least = Double.POSITIVE_INFINITY;
        for (int done : steps) {
            for (int share : shares) {
                Route route = new Route(prepare, helpers, done, share);
                double seconds = seconds(route, workers).value();
                if (seconds < least) {
                    least = seconds;
                    best = Optional.of(route);
                }
            }
        }
        return best.orElseThrow();
    }
}
