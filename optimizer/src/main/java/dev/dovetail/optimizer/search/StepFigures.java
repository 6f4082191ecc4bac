package dev.dovetail.optimizer.search;

import static dev.dovetail.optimizer.search.PlanReading.devices;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.cost.EnergyCost;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Seconds of a step as time, energy, money and carbon of the devices it runs on. */
final class StepFigures {
    private final TrainJob job;
    private final DeviceConstants constants;
    private final Focus focus;
    private final PlanReading reading;
    private final Optional<InputPace> input;

    StepFigures(TrainJob job, DeviceConstants constants, Focus focus, PlanReading reading) {
        this.job = job;
        this.constants = constants;
        this.focus = focus;
        this.reading = reading;
        this.input = InputPace.of(job);
    }

    /**
     * What a step asks of all devices together at least, in seconds.
     *
     * @param seconds of the step
     * @param rented devices times the step
     */
    record Load(double seconds, double rented, double computing, double communicating) {
        /** The least at another clock: {@link #kept} of it. */
        Load elsewhere(int clock, int other) {
            double kept = kept(clock, other);
            return new Load(kept * seconds, kept * rented, kept * computing, kept * communicating);
        }

        /** The lower of each. */
        Load least(Load other) {
            return new Load(
                    Math.min(seconds, other.seconds),
                    Math.min(rented, other.rented),
                    Math.min(computing, other.computing),
                    Math.min(communicating, other.communicating));
        }
    }

    /** Figures of a step before it is known how its layers are split. */
    Figures floor(Decisions partial, Load load, int clock, long memory) {
        int devices = devices(partial);
        if (!focus.priced() || job.cluster().mixed()) {
            return atLeast(load.seconds(), devices, memory);
        }
        var energy = new EnergyCost(job.cluster(), constants, clock);
        Seconds rented = Seconds.of(load.rented());
        Joules joules = energy.of(1, rented, Seconds.of(load.computing()), Seconds.of(load.communicating()));
        return new Figures(
                Seconds.of(load.seconds()),
                Seconds.of(load.seconds()),
                joules,
                energy.money(1, rented, joules),
                energy.carbon(joules),
                devices,
                Bytes.of(memory));
    }

    /**
     * What is left of a time at another clock, at least: slower, no kernel takes less; faster, none takes less than the ratio of the
     * clocks allows, since memory and links are no faster then.
     */
    private static double kept(int clock, int other) {
        return clock < other ? (double) clock / other : 1;
    }

    /** What follows from figures at one clock for another, at least. */
    Figures elsewhere(Figures figures, int clock, int other) {
        double kept = kept(clock, other);
        var here = new EnergyCost(job.cluster(), constants, clock);
        var there = new EnergyCost(job.cluster(), constants, other);
        Joules idle = here.of(figures.devices(), figures.time(), Seconds.ZERO, Seconds.ZERO)
                .min(figures.energy());
        double drawn = there.dynamic().ratioTo(here.dynamic());
        Joules joules = idle.plus(figures.energy().minus(idle).times(drawn)).times(kept);
        Seconds time = figures.time().times(kept);
        return new Figures(
                time,
                figures.model().times(kept),
                joules,
                there.money(figures.devices(), time, joules),
                there.carbon(joules),
                figures.devices(),
                figures.memory());
    }

    /** Seconds that all stages on one kind of node together compute and exchange tensors. */
    record Busy(double computing, double communicating) {}

    static List<Busy> busy(StepModel step) {
        return IntStream.range(0, step.work().size())
                .mapToObj(kind -> new Busy(step.computing(kind), step.communicating(kind)))
                .toList();
    }

    /** Which kind of node is how busy depends on the split. */
    static List<Busy> busy(AnySplit step) {
        return step.figures().nodes().isEmpty()
                ? List.of(new Busy(step.computing(), step.communicating()))
                : Collections.nCopies(step.figures().kinds().size(), new Busy(0, 0));
    }

    /** @param steps by kind of node, or of all where they are alike; not asked for where nothing is priced */
    Figures figures(Decisions decisions, Supplier<List<Busy>> steps, double model, int clock, long memory) {
        int devices = devices(decisions);
        double seconds = input.map(pace -> pace.step(model, decisions)).orElse(model);
        List<Integer> nodes = reading.nodes(decisions);
        boolean open = job.cluster().mixed() && nodes.isEmpty();
        if (open || !focus.priced() && decisions.find(Decision.FREQUENCY).isEmpty()) {
            return atLeast(seconds, model, devices, memory);
        }
        List<Busy> step = steps.get();
        Seconds time = Seconds.of(seconds);
        int replicas = devices / decisions.get(Decision.PIPELINE);
        Joules joules = Joules.ZERO;
        Dollars money = Dollars.ZERO;
        for (int kind = 0; kind < step.size(); kind++) {
            var energy = new EnergyCost(
                    nodes.isEmpty() ? job.cluster() : job.cluster().only(kind), constants, clock);
            int used = nodes.isEmpty() ? devices : replicas * Collections.frequency(nodes, kind + 1);
            Busy busy = step.get(kind);
            Joules here = energy.of(
                    used, time, Seconds.of(busy.computing() * replicas), Seconds.of(busy.communicating() * replicas));
            joules = joules.plus(here);
            money = money.plus(energy.money(used, time, here));
        }
        var energy = new EnergyCost(job.cluster(), constants, clock);
        money = money.plus(input.map(pace -> pace.rent(decisions, time)).orElse(Dollars.ZERO));
        return new Figures(time, Seconds.of(model), joules, money, energy.carbon(joules), devices, Bytes.of(memory));
    }

    /** Of a plan that fits no device where {@code seconds} are infinite. */
    Figures lasting(double seconds, Decisions decisions, Supplier<List<Busy>> step, int drawing, long memory) {
        return Double.isInfinite(seconds)
                ? atLeast(0, devices(decisions), focus.capacity() + 1)
                : figures(decisions, step, seconds, drawing, memory);
    }

    static Figures atLeast(double seconds, int devices, long memory) {
        return atLeast(seconds, seconds, devices, memory);
    }

    static Figures atLeast(double seconds, double model, int devices, long memory) {
        return new Figures(
                Seconds.of(seconds),
                Seconds.of(model),
                Joules.ZERO,
                Dollars.ZERO,
                GramsOfCarbon.ZERO,
                devices,
                Bytes.of(memory));
    }
}
