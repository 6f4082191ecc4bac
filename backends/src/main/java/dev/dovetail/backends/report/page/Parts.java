package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.data.Provenance;
import java.util.List;

/** What several sections are made of: tags, charts, tables of numbers. */
final class Parts {
    /** Cells with more letters than this may wrap on a narrow screen. */
    private static final int LONG = 32;

    private Parts() {}

    /** Says of the numbers beside it whether they are estimates. */
    static void tag(Html html, Provenance provenance) {
        html.element("span", Html.with("class", "tag " + provenance.label()), provenance.label());
    }

    static void lead(Html html, String sentence) {
        html.block("p", Html.with("class", "lead"), () -> html.text(sentence));
    }

    /** A place that the script named {@code chart} draws into; the label tells the chart to who cannot see it. */
    static void chart(Html html, String chart, String title, String label, String caption) {
        html.block("figure", Html.with("class", "chart", "data-chart", chart, "data-label", label), () -> {
            html.element("p", Html.with("class", "title"), title);
            html.element("div", Html.with("class", "canvas"), "");
            html.element("figcaption", caption);
        });
    }

    /** The numbers behind a chart; a click away for those who see the chart, open in print and without scripts. */
    static void numbers(Html html, String caption, List<String> columns, List<List<String>> rows) {
        html.block("details", Html.with("class", "numbers"), () -> {
            html.element("summary", caption);
            table(html, caption, columns, rows);
        });
    }

    /** The first column heads its row; the others hold numbers. */
    static void table(Html html, String caption, List<String> columns, List<List<String>> rows) {
        html.block(
                "div",
                Html.with("class", "scroll", "tabindex", "0", "role", "region", "aria-label", caption),
                () -> html.element("table", () -> {
                    html.element("caption", caption);
                    html.element(
                            "thead",
                            () -> html.element(
                                    "tr",
                                    () -> columns.forEach(
                                            column -> html.element("th", Html.with("scope", "col"), column))));
                    html.element("tbody", () -> rows.forEach(row -> row(html, row)));
                }));
    }

    private static void row(Html html, List<String> cells) {
        html.block("tr", Html.with(), () -> {
            html.element("th", Html.with("scope", "row"), cells.getFirst());
            cells.subList(1, cells.size()).forEach(cell -> cell(html, cell));
        });
    }

    private static void cell(Html html, String text) {
        html.element("td", text.length() > LONG ? Html.with("class", "prose") : Html.with(), text);
    }
}
