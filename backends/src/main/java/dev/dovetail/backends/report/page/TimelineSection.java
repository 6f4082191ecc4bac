package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/** Ranks over time: what each does when, and the bubbles between. */
final class TimelineSection implements Section {
    @Override
    public String id() {
        return "timeline";
    }

    @Override
    public String title() {
        return "Timeline of one step";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.timeline().lanes().isEmpty() || measured(data).isPresent();
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, lead(data));
        Parts.chart(
                html,
                "timeline",
                "Ranks over time",
                "Timeline: one row a rank, one box an activity",
                "Hover for details. By keyboard: arrows step through a rank’s activities and change the rank, "
                        + "plus and minus zoom, 0 shows the whole step. Hatched is idle: the bubble, and waiting for what is on its way.");
        rows(data.timeline(), "Predicted", html);
        measured(data).ifPresent(timeline -> rows(timeline, "Measured", html));
    }

    private static Optional<Timeline> measured(ReportData data) {
        return data.run()
                .flatMap(Run::timeline)
                .filter(timeline -> !timeline.lanes().isEmpty());
    }

    private static String lead(ReportData data) {
        String predicted = "The cost model expects the ranks to be idle for "
                + Words.percent(data.timeline().waitingShare()) + " of the step";
        return predicted
                + measured(data)
                        .map(timeline -> "; in the measured step they were idle or waiting for "
                                + Words.percent(timeline.waitingShare()) + " of it.")
                        .orElse(".");
    }

    private static void rows(Timeline timeline, String kind, Html html) {
        if (timeline.lanes().isEmpty()) {
            return;
        }
        Seconds length = timeline.length();
        Parts.numbers(
                html,
                kind + " timeline, " + timeline.provenance().label() + ", " + length + " long",
                List.of("rank", "activities", "busy", "idle", "ends at"),
                timeline.lanes().stream().map(lane -> row(lane, length)).toList());
    }

    private static List<String> row(Lane lane, Seconds length) {
        Seconds idle = lane.idle(length);
        return List.of(
                lane.name(),
                Words.count(lane.slices().size()),
                length.minus(idle).toString(),
                idle + " (" + Words.percent(idle.ratioTo(length)) + ")",
                lane.end().toString());
    }
}
