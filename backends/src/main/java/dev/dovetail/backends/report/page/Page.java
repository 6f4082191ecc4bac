package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import java.util.List;

/** The whole page in one file: markup, styles, scripts and data. It asks the network for nothing, and its policy says so. */
public final class Page {
    private static final String POLICY =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
    /** A dovetail joint. */
    private static final String JOINT = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
            + "<path fill='#3566b8' d='M2 2h12v8l6-3v18l-6-3v8H2z'/>"
            + "<path fill='#c2702a' d='M16 2h14v28H16v-5l6 3V4l-6 3z'/></svg>";

    private static final List<Section> SECTIONS = List.of(
            new OverviewSection(),
            new PlanSection(),
            new ComparisonSection(),
            new TimelineSection(),
            new TimeSection(),
            new MemorySection(),
            new LayersSection(),
            new NetworkSection(),
            new RunnersUpSection(),
            new FrontSection(),
            new ProofSection(),
            new AccuracySection(),
            new TrainingSection(),
            new SamplesSection(),
            new TrafficSection(),
            new KernelSection(),
            new SpecSection());

    private final ReportData data;
    private final Html html = new Html();

    private Page(ReportData data) {
        this.data = data;
    }

    public static String of(ReportData data) {
        return new Page(data).write();
    }

    private String write() {
        html.raw("<!doctype html>\n");
        html.element("html", Html.with("lang", "en"), () -> {
            html.element("head", this::head);
            html.block("body", Html.with(), this::body);
        });
        return html.raw("\n").toString();
    }

    private void head() {
        html.lone("meta", "charset", "utf-8");
        html.lone("meta", "http-equiv", "Content-Security-Policy", "content", POLICY);
        html.lone("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        html.lone("meta", "name", "color-scheme", "content", "light dark");
        html.lone("meta", "name", "generator", "content", data.subject().version());
        html.lone("link", "rel", "icon", "href", "data:image/svg+xml," + JOINT.replace("#", "%23"));
        html.element("title", data.subject().job() + " · Dovetail report");
        html.block("style", Html.with(), () -> html.raw(Resources.style()));
    }

    private void body() {
        html.block("a", Html.with("class", "skip", "href", "#overview"), () -> html.text("Skip to the report"));
        html.block("header", Html.with(), this::banner);
        List<Section> shown =
                SECTIONS.stream().filter(section -> section.applies(data)).toList();
        html.block("nav", Html.with("aria-label", "Contents"), () -> contents(shown));
        html.block("main", Html.with(), () -> shown.forEach(this::section));
        html.block("footer", Html.with(), this::footer);
        html.block(
                "script",
                Html.with("type", "application/json", "id", "report-data"),
                () -> html.raw(new ChartData(data).json()));
        Resources.scripts().forEach(script -> html.block("script", Html.with(), () -> html.raw(script)));
    }

    private void banner() {
        html.element(
                "p",
                Html.with("class", "brand"),
                () -> html.raw(JOINT.replace("<svg ", "<svg aria-hidden='true' "))
                        .text(" Dovetail"));
        html.element("h1", data.subject().job());
        html.element("p", Html.with("class", "subject"), () -> {
            html.text(data.subject().model());
            html.lone("br");
            html.text("on " + data.subject().hardware());
        });
        html.element("p", Html.with("class", "subject"), () -> {
            html.element(
                    "span",
                    Html.with("class", "tag status"),
                    data.proof().status().label());
            html.text(" minimising " + data.subject().objective());
        });
    }

    private void contents(List<Section> shown) {
        html.element(
                "ul",
                () -> shown.forEach(section -> html.element(
                        "li", () -> html.element("a", Html.with("href", "#" + section.id()), section.title()))));
    }

    private void section(Section section) {
        String heading = section.id() + "-title";
        html.block("section", Html.with("id", section.id(), "aria-labelledby", heading), () -> {
            html.element("h2", Html.with("id", heading), section.title());
            section.write(data, html);
        });
    }

    private void footer() {
        html.element("p", () -> {
            html.element("span", Html.with("class", "tag estimate"), "estimate");
            html.text(" was computed by the cost model before the run; ");
            html.element("span", Html.with("class", "tag measured"), "measured");
            html.text(" was read off a clock or a counter on " + data.subject().hardware()
                    + ". Bytes are decimal: 1 GB is 10⁹ bytes.");
        });
        html.element("p", () -> {
            html.text("Written by " + data.subject().version() + ". To get it again: ");
            html.element("code", data.subject().command());
        });
    }
}
