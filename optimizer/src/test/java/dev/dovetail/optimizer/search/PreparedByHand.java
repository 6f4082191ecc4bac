package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.InputHosts.Hosts;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.units.DollarsPerHour;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;

/** Every way to prepare the samples of a plan, each worked out from what a sample needs of every machine: seconds, no shortcuts. */
record PreparedByHand(TrainJob job, Decisions plan) {

    /** @param step from seconds of a step whose samples are there */
    record Way(DoubleUnaryOperator step, double helpersPerHour) {}

    /** Of those with as many helpers the one whose samples are ready first: they differ in nothing else. */
    List<Way> ways() {
        Preparation p = job.preparation().orElseThrow();
        var ways = new ArrayList<Way>();
        double inStep = Math.ceil((double) job.batch() / plan.get(Decision.DATA))
                * p.takes().value();
        double moving = reading(p, 0, 1) + arriving(p, 0, 0) + leaving(p, 0, 0);
        ways.add(new Way(model -> model + inStep + moving, 0));
        ways.add(beside(ready(p, 0, 0, 0, Prepare.WORKER), 0));
        if (job.cluster().inputHosts().storage().isPresent()) {
            ways.add(beside(first(p, 0, Prepare.STORAGE), 0));
        }
        int most = job.cluster().inputHosts().helpers().map(Hosts::count).orElse(0);
        for (int helpers = 1; helpers <= most; helpers++) {
            ways.add(beside(first(p, helpers, Prepare.HELPERS), helpers));
        }
        return ways;
    }

    private Way beside(double ready, int helpers) {
        double price = job.cluster()
                .inputHosts()
                .helpers()
                .flatMap(Hosts::price)
                .map(DollarsPerHour::value)
                .orElse(0.0);
        return new Way(model -> Math.max(model, ready), helpers * price);
    }

    private double first(Preparation p, int helpers, Prepare where) {
        double least = Double.POSITIVE_INFINITY;
        for (int share = 1; share <= 100; share++) {
            for (int steps = 1; steps <= p.steps().size(); steps++) {
                least = Math.min(least, ready(p, helpers, steps, share, where));
            }
        }
        return least;
    }

    private double ready(Preparation p, int helpers, int steps, int share, Prepare where) {
        double away = share / 100.0;
        Node node = job.cluster().node();
        double cores = (node.host().orElseThrow().cores() - node.devices()) * nodes();
        double rest = p.takes(steps, p.steps().size()).value() + p.receive().value();
        double workers = job.batch() * ((1 - away) * p.takes().value() + away * rest) / cores;
        double there = job.batch() * away * p.takes(0, steps).value();
        double handed = p.bytesBehind(steps).count();
        double others = switch (where) {
            case STORAGE -> {
                Hosts storage = job.cluster().inputHosts().storage().orElseThrow();
                yield there / storage.cores() / storage.count();
            }
            case HELPERS -> {
                Hosts hosts = job.cluster().inputHosts().helpers().orElseThrow();
                boolean far = job.cluster().inputHosts().storage().isPresent();
                double through = far ? Math.max(handed, p.stored().count()) : handed;
                yield Math.max(
                        there / hosts.cores() / helpers,
                        job.batch() * away * through / hosts.network().value() / helpers);
            }
            case WORKER, IN_STEP -> 0;
        };
        return DoubleStream.of(
                        workers,
                        others,
                        reading(p, where == Prepare.HELPERS ? away : 0, 1 - away),
                        leaving(p, where == Prepare.STORAGE ? away : 0, handed),
                        arriving(p, away, handed))
                .max()
                .orElseThrow();
    }

    private int nodes() {
        return Math.ceilDiv(
                plan.get(Decision.TENSOR) * plan.get(Decision.DATA),
                job.cluster().node().devices());
    }

    /** Drives of storage read all samples; drives of workers those that no helper reads from its own. */
    private double reading(Preparation p, double helped, double near) {
        return job.cluster()
                .inputHosts()
                .storage()
                .map(s -> job.batch()
                        * p.stored().count()
                        / s.read().orElseThrow().value()
                        / s.count())
                .orElseGet(() -> job.batch()
                        * p.stored().count()
                        * (helped > 0 ? near : 1)
                        / job.cluster().node().storage().orElseThrow().read().value()
                        / nodes());
    }

    private double leaving(Preparation p, double away, double handed) {
        return job.cluster()
                .inputHosts()
                .storage()
                .map(s -> job.batch()
                        * ((1 - away) * p.stored().count() + away * handed)
                        / s.network().value()
                        / s.count())
                .orElse(0.0);
    }

    private double arriving(Preparation p, double away, double handed) {
        boolean far = job.cluster().inputHosts().storage().isPresent();
        double bytes = (far ? (1 - away) * p.stored().count() : 0) + away * handed;
        Node node = job.cluster().node();
        return job.batch() * bytes / (node.scaleOut().value() * node.devices() * nodes());
    }
}
