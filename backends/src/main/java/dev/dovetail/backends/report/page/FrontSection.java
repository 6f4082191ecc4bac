package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.FrontPoint;
import dev.dovetail.ir.plan.FrontPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The plans to choose from where a job trades one objective for another. */
final class FrontSection implements Section {
    @Override
    public String id() {
        return "front";
    }

    @Override
    public String title() {
        return "Plans to choose from";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.front().isEmpty();
    }

    @Override
    public void write(ReportData data, Html html) {
        List<String> traded = List.copyOf(data.front().getFirst().traded().keySet());
        Parts.lead(
                html,
                data.front().size() + " plans trade " + String.join(" for ", traded)
                        + ": no plan left out is better in all of"
                        + " them than each of these by more than " + Math.round(100 * FrontPlan.SLACK)
                        + " %. All figures are estimates.");
        Parts.chart(
                html,
                "front",
                "The Pareto front",
                "Points: each plan of the front by the first two figures that it trades",
                "A point for each plan; the ring is the plan of this report. Where more than two figures are traded, the others are in the table.");
        Parts.table(
                html,
                "Plans of the front, one step each",
                Stream.concat(traded.stream().map(figure -> figure + " (estimate)"), Stream.of("what differs"))
                        .toList(),
                data.front().stream().map(FrontSection::row).toList());
    }

    private static List<String> row(FrontPoint point) {
        var cells = new ArrayList<String>();
        point.traded().values().forEach(value -> cells.add(String.format(Locale.ROOT, "%.4g", value)));
        cells.add(name(point));
        return cells;
    }

    static String name(FrontPoint point) {
        return point.chosen()
                ? "the chosen plan"
                : point.differs().entrySet().stream()
                        .map(decision -> decision.getKey() + " " + decision.getValue())
                        .collect(Collectors.joining(", "));
    }
}
