package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.UnitPrinter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Requirements as a spec writes them; figures are rounded up, so that whoever copies one asks for no less. */
final class RequirementText {
    private static final MathContext ENOUGH = new MathContext(4, RoundingMode.CEILING);

    private RequirementText() {}

    static String of(Requirement requirement) {
        return switch (requirement) {
            case Requirement.MemoryShare share -> "memory <= " + number(share.share() * 100) + "% of hbm";
            case Requirement.MemoryBytes bytes ->
                "memory <= " + UnitPrinter.printEnough(bytes.limit().count(), UnitPrinter.DECIMAL_BYTES);
            case Requirement.AtMost most ->
                name(most.objective()) + " <= " + UnitPrinter.printEnough(most.limit(), ladder(most.objective()));
            case Requirement.WithinFactorOfBest relative ->
                name(relative.objective()) + " <= " + number(relative.factor()) + " of "
                        + (relative.objective() == Objective.TIME ? "fastest" : "least");
            case Requirement.Survive survive -> "survive " + survive.nodes() + " node failures";
        };
    }

    /** The same asking for {@code factor} times as much. */
    static Requirement scaled(Requirement requirement, double factor) {
        return switch (requirement) {
            case Requirement.MemoryShare share -> new Requirement.MemoryShare(share.share() * factor, share.origin());
            case Requirement.MemoryBytes bytes ->
                new Requirement.MemoryBytes(
                        Bytes.of((long) Math.ceil(bytes.limit().count() * factor)), bytes.origin());
            case Requirement.AtMost most ->
                new Requirement.AtMost(most.objective(), most.limit() * factor, most.origin());
            case Requirement.WithinFactorOfBest relative ->
                new Requirement.WithinFactorOfBest(relative.objective(), relative.factor() * factor, relative.origin());
            case Requirement.Survive survive -> survive;
        };
    }

    private static String name(Objective objective) {
        return objective.name().toLowerCase(Locale.ROOT);
    }

    private static UnitPrinter.Ladder ladder(Objective objective) {
        return switch (objective) {
            case TIME -> UnitPrinter.SECONDS;
            case ENERGY -> UnitPrinter.JOULES;
            case COST -> UnitPrinter.DOLLARS;
            case CARBON -> UnitPrinter.GRAMS;
            case GPUS -> UnitPrinter.PLAIN;
        };
    }

    /** Shares are sums of binary fractions: what lies less than a millionth above a short number is that number. */
    private static String number(double value) {
        return new BigDecimal(value * (1 - 1e-9))
                .round(ENOUGH)
                .stripTrailingZeros()
                .toPlainString();
    }
}
