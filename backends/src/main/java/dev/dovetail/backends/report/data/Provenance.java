package dev.dovetail.backends.report.data;

import java.util.Locale;

/** Whether a number was computed before the run or read off a clock or counter during it. */
public enum Provenance {
    ESTIMATE,
    MEASURED;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
