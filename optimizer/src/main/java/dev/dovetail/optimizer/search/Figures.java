package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;

/**
 * What a plan costs, or the least that any completion of unfinished decisions can cost.
 *
 * @param time one training step
 * @param model the same step where its samples are there: tells plans apart that wait for samples alike
 * @param energy one step of all devices of the plan, cooling included
 * @param money one step: devices rented, and energy where it has a price
 * @param carbon one step
 * @param devices used
 * @param memory bytes on the fullest device
 */
public record Figures(
        Seconds time, Seconds model, Joules energy, Dollars money, GramsOfCarbon carbon, int devices, Bytes memory) {

    /** No plan costs less. */
    static final Figures NOTHING =
            new Figures(Seconds.ZERO, Seconds.ZERO, Joules.ZERO, Dollars.ZERO, GramsOfCarbon.ZERO, 0, Bytes.ZERO);

    /** The lower of each figure. */
    Figures lowest(Figures other) {
        return new Figures(
                time.min(other.time),
                model.min(other.model),
                energy.min(other.energy),
                money.min(other.money),
                carbon.min(other.carbon),
                Math.min(devices, other.devices),
                memory.count() <= other.memory.count() ? memory : other.memory);
    }

    /** The higher of each figure: of two bounds on the same plans. */
    Figures highest(Figures other) {
        return new Figures(
                time.max(other.time),
                model.max(other.model),
                energy.max(other.energy),
                money.max(other.money),
                carbon.max(other.carbon),
                Math.max(devices, other.devices),
                memory.count() >= other.memory.count() ? memory : other.memory);
    }

    /** The same where a step takes at least so long. */
    Figures lasting(Seconds atLeast) {
        return time.compareTo(atLeast) >= 0
                ? this
                : new Figures(atLeast, model, energy, money, carbon, devices, memory);
    }

    /** A figure that can be minimised or limited. */
    public enum Figure {
        TIME,
        MODEL,
        ENERGY,
        MONEY,
        CARBON,
        DEVICES,
        MEMORY;

        public static Figure of(Objective objective) {
            return switch (objective) {
                case TIME -> TIME;
                case ENERGY -> ENERGY;
                case COST -> MONEY;
                case CARBON -> CARBON;
                case GPUS -> DEVICES;
            };
        }

        /** Whether it adds up over the steps of a job. */
        public boolean addsUp() {
            return this != DEVICES && this != MEMORY;
        }
    }

    /** In base units: seconds, joules, dollars, grams, devices, bytes. */
    public double get(Figure figure) {
        return switch (figure) {
            case TIME -> time.value();
            case MODEL -> model.value();
            case ENERGY -> energy.value();
            case MONEY -> money.value();
            case CARBON -> carbon.value();
            case DEVICES -> devices;
            case MEMORY -> memory.count();
        };
    }
}
