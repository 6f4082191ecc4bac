package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.units.Seconds;
import java.util.List;

/**
 * A decision and the values worth trying.
 *
 * @param slowsDown whether each value makes any plan slower than the value before it, all else equal
 * @param refines whether plans that differ in this alone are variants of one plan, not alternatives to it
 */
public record Choice<T>(Decision<T> decision, Domain<T> domain, boolean slowsDown, boolean refines) {

    /** Values worth trying after earlier decisions; the first leaves the technique unused, and ties go to earlier ones. */
    @FunctionalInterface
    public interface Domain<T> {
        Values<T> values(Problem problem, Decisions before, Outlook outlook);
    }

    /** A domain that does not ask what anything costs. */
    @FunctionalInterface
    interface FreeDomain<T> {
        List<T> values(Problem problem, Decisions before);
    }

    /**
     * Some values of a decision.
     *
     * @param others what a step takes at least of any better plan that has a value left out; infinite where there is none
     */
    public record Values<T>(List<T> list, Seconds others) {
        public Values {
            list = List.copyOf(list);
        }

        /** @param all whether none that is left out could be part of a better plan; where not, nothing is known of them */
        public Values(List<T> list, boolean all) {
            this(list, all ? Seconds.of(Double.POSITIVE_INFINITY) : Seconds.ZERO);
        }

        public boolean all() {
            return Double.isInfinite(others.value());
        }
    }

    static <T> Choice<T> of(Decision<T> decision, FreeDomain<T> domain) {
        return new Choice<>(decision, free(domain), false, false);
    }

    /** Each value makes any plan slower than the value before it. */
    static <T> Choice<T> slowing(Decision<T> decision, FreeDomain<T> domain) {
        return new Choice<>(decision, free(domain), true, true);
    }

    /** Plans that differ in this alone are variants of one plan. */
    static <T> Choice<T> variants(Decision<T> decision, FreeDomain<T> domain) {
        return new Choice<>(decision, free(domain), false, true);
    }

    /** Values that are worked out for the plan at hand. */
    static <T> Choice<T> refining(Decision<T> decision, Domain<T> domain) {
        return new Choice<>(decision, domain, false, true);
    }

    private static <T> Domain<T> free(FreeDomain<T> domain) {
        return (problem, before, outlook) -> new Values<>(domain.values(problem, before), true);
    }
}
