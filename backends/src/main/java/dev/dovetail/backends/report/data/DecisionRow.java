package dev.dovetail.backends.report.data;

import dev.dovetail.ir.spec.Origin;
import java.util.Locale;

/**
 * A decision of the plan and who took it.
 *
 * @param meaning the value in words: {@code 2 pipeline stages}
 * @param where the line that fixed it; {@link Origin#NONE} where none did
 */
public record DecisionRow(String name, String value, DecidedBy by, String meaning, Origin where) {

    /** Who took a decision. */
    public enum DecidedBy {
        FIXED,
        SOLVED,
        DEFAULT;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
