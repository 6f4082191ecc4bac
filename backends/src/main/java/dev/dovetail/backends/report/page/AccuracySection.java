package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;

/** How far off the same cost model was where others measured: what stands behind the error bars. */
final class AccuracySection implements Section {
    @Override
    public String id() {
        return "accuracy";
    }

    @Override
    public String title() {
        return "How such predictions compared";
    }

    @Override
    public boolean applies(ReportData data) {
        return data.accuracy().isPresent();
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(
                html,
                "Published runs, predicted by this version (up) and measured by others (right), a square for each table. On the "
                        + "line a prediction is right, in the band within 20 %.");
        html.raw(data.accuracy().orElseThrow());
    }
}
