package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;

/** One part of the page, with a heading of its own and a place in the table of contents. */
interface Section {
    /** The part of the page's address after {@code #}. */
    String id();

    String title();

    /** Whether there is anything to show. */
    default boolean applies(ReportData data) {
        return true;
    }

    void write(ReportData data, Html html);
}
