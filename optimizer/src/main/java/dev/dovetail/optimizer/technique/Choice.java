package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;

/**
 * A decision and the values worth trying.
 *
 * @param slowsDown whether each value makes any plan slower than the value before it, all else equal; plans that differ in
 *     this alone are variants of one plan, not alternatives to it
 */
public record Choice<T>(Decision<T> decision, Domain<T> domain, boolean slowsDown) {

    /** Values worth trying after earlier decisions; the first leaves the technique unused, and ties go to earlier ones. */
    @FunctionalInterface
    public interface Domain<T> {
        List<T> values(Problem problem, Decisions before);
    }

    static <T> Choice<T> of(Decision<T> decision, Domain<T> domain) {
        return new Choice<>(decision, domain, false);
    }
}
