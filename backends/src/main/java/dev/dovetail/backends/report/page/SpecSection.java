package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Subject.SpecText;
import java.util.List;

/** The text that was planned; decisions link to its lines. */
final class SpecSection implements Section {
    @Override
    public String id() {
        return "spec";
    }

    @Override
    public String title() {
        return "The spec";
    }

    @Override
    public boolean applies(ReportData data) {
        return data.subject().spec().isPresent();
    }

    @Override
    public void write(ReportData data, Html html) {
        SpecText spec = data.subject().spec().orElseThrow();
        html.block("p", Html.with("class", "file"), () -> html.element("code", spec.file()));
        List<String> lines = spec.text().stripTrailing().lines().toList();
        html.block("pre", Html.with("class", "spec", "tabindex", "0", "aria-label", spec.file()), () -> {
            for (int i = 0; i < lines.size(); i++) {
                line(html, i + 1, lines.get(i));
            }
        });
    }

    private static void line(Html html, int number, String text) {
        int comment = text.indexOf("//");
        String code = comment < 0 ? text : text.substring(0, comment);
        html.element(
                "span", Html.with("class", "line", "id", "spec-line-" + number, "data-number", "" + number), () -> {
                    html.text(code);
                    if (comment >= 0) {
                        html.element("i", text.substring(comment));
                    }
                    html.text("\n");
                });
    }
}
