package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Each rank's step added up by activity. */
final class TimeSection implements Section {
    @Override
    public String id() {
        return "where-time-goes";
    }

    @Override
    public String title() {
        return "Where time goes";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.timeline().lanes().isEmpty();
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, lead(data));
        Parts.chart(
                html,
                "activities",
                "Time by activity",
                "Stacked bars: the time of each rank by activity",
                "The timeline added up, rank by rank. What overlaps counts once, for the activity that began later.");
        Parts.numbers(html, "Predicted time by activity (estimate)", columns(data.timeline()), rows(data.timeline()));
        data.run()
                .flatMap(run -> run.timeline())
                .ifPresent(timeline ->
                        Parts.numbers(html, "Measured time by activity", columns(timeline), rows(timeline)));
    }

    private static String lead(ReportData data) {
        Map<String, Seconds> parts = data.forecast().breakdown();
        List<String> largest = parts.entrySet().stream()
                .filter(part -> part.getValue().value() > 0)
                .sorted(Map.Entry.<String, Seconds>comparingByValue(Comparator.reverseOrder()))
                .limit(3)
                .map(part -> Words.part(part.getKey()) + " "
                        + Words.percent(part.getValue().ratioTo(data.forecast().step())))
                .toList();
        return largest.isEmpty() ? "" : "Of the predicted step: " + Words.list(largest) + ".";
    }

    private static List<Activity> shown(Timeline timeline) {
        return Arrays.stream(Activity.values())
                .filter(activity ->
                        timeline.lanes().stream().anyMatch(lane -> lane.busy().containsKey(activity)))
                .toList();
    }

    private static List<String> columns(Timeline timeline) {
        var columns = new ArrayList<String>();
        columns.add("rank");
        shown(timeline).forEach(activity -> columns.add(activity.label()));
        columns.add("idle");
        return columns;
    }

    private static List<List<String>> rows(Timeline timeline) {
        return timeline.lanes().stream().map(lane -> row(lane, timeline)).toList();
    }

    private static List<String> row(Lane lane, Timeline timeline) {
        Map<Activity, Seconds> busy = lane.busy();
        var cells = new ArrayList<String>();
        cells.add(lane.name());
        shown(timeline)
                .forEach(activity ->
                        cells.add(busy.getOrDefault(activity, Seconds.ZERO).toString()));
        cells.add(lane.idle(timeline.length()).toString());
        return cells;
    }
}
