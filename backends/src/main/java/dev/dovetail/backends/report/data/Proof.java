package dev.dovetail.backends.report.data;

import java.util.Locale;

/**
 * How good the plan is known to be, within the cost model.
 *
 * @param figure the primary objective, such as {@code step time}
 * @param unit of {@code value} and {@code bound}: {@code s}, {@code J}, {@code USD}, {@code g}
 * @param value what the plan reaches
 * @param bound less than this no plan reaches
 * @param considered complete plans that were costed
 * @param pruned sets of plans that a bound ruled out
 * @param seconds the search took
 */
public record Proof(
        Status status,
        String figure,
        String unit,
        double value,
        double bound,
        long considered,
        long pruned,
        double seconds) {

    /** What the search can claim. */
    public enum Status {
        OPTIMAL,
        FEASIBLE;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How far below the plan's value the bound lies, as a share of the value. */
    public double gap() {
        return value == 0 ? 0 : (value - bound) / value;
    }
}
