package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.LinkTraffic;
import dev.dovetail.backends.report.data.LinkTraffic.AxisTraffic;
import dev.dovetail.backends.report.data.Provenance;
import dev.dovetail.ir.units.Seconds;
import java.util.Comparator;
import java.util.List;

/** The topology as boxes in boxes, and what is expected to travel over which link. */
final class NetworkSection implements Section {
    @Override
    public String id() {
        return "network";
    }

    @Override
    public String title() {
        return "Network";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.links().isEmpty();
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, lead(data.links()));
        boxes(data.links().reversed(), html);
        Parts.table(
                html,
                "Sent by one rank in a step (estimate)",
                List.of("axis", "over", "ranks", "mean of stages", "busiest stage", "at the link’s rate"),
                data.links().stream()
                        .flatMap(link -> link.axes().stream().map(axis -> row(link, axis)))
                        .toList());
    }

    private static String lead(List<LinkTraffic> links) {
        LinkTraffic slowest = links.stream()
                .max(Comparator.comparing(NetworkSection::busiest))
                .orElseThrow();
        return "The link that its own traffic keeps busy longest is " + slowest.name() + ", which joins "
                + slowest.joins() + ": " + busiest(slowest)
                + " of a step for the busiest rank, if nothing else slowed it.";
    }

    private static Seconds busiest(LinkTraffic link) {
        double bytes =
                link.axes().stream().mapToDouble(axis -> axis.most().count()).sum();
        return Seconds.of(bytes / link.bandwidth().value());
    }

    /** The outermost link first; each box holds the next. */
    private static void boxes(List<LinkTraffic> outerFirst, Html html) {
        if (outerFirst.isEmpty()) {
            html.block("p", Html.with("class", "note"), () -> html.text("devices"));
            return;
        }
        LinkTraffic link = outerFirst.getFirst();
        html.block("div", Html.with("class", "link-level"), () -> {
            html.block("p", Html.with("class", "title"), () -> {
                html.text(link.name() + " joins " + link.joins() + ", " + link.bandwidth() + " each ");
                Parts.tag(html, Provenance.ESTIMATE);
            });
            html.block(
                    "ul",
                    Html.with(),
                    () -> link.axes()
                            .forEach(axis -> html.element(
                                    "li",
                                    axis.axis().replace('_', ' ') + " " + axis.ways() + ": " + axis.mean()
                                            + " a rank and step")));
            boxes(outerFirst.subList(1, outerFirst.size()), html);
        });
    }

    private static List<String> row(LinkTraffic link, AxisTraffic axis) {
        return List.of(
                axis.axis().replace('_', ' '),
                link.name(),
                Words.count(axis.ways()),
                axis.mean().toString(),
                axis.most().toString(),
                Seconds.of(axis.most().count() / link.bandwidth().value()).toString());
    }
}
