package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.Run.Judged;
import dev.dovetail.backends.report.data.Run.Samples;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Pictures that the trained model made. */
final class SamplesSection implements Section {
    @Override
    public String id() {
        return "samples";
    }

    @Override
    public String title() {
        return "Samples";
    }

    private static Optional<Samples> samples(ReportData data) {
        return data.run().flatMap(Run::samples);
    }

    @Override
    public boolean applies(ReportData data) {
        return samples(data).isPresent();
    }

    @Override
    public void write(ReportData data, Html html) {
        Samples samples = samples(data).orElseThrow();
        samples.judged().ifPresent(judged -> Parts.lead(html, lead(judged)));
        String classes = samples.classes().stream().map(String::valueOf).collect(Collectors.joining(", "));
        html.block("figure", Html.with("class", "samples"), () -> {
            html.lone(
                    "img",
                    "src",
                    "data:image/png;base64," + samples.png(),
                    "alt",
                    "Pictures made by the model, a row for each of the classes " + classes);
            html.element(
                    "figcaption",
                    "Made by the trained model from noise: a row for each of the classes " + classes + ", "
                            + samples.each() + " pictures each, " + samples.steps() + " steps, guidance "
                            + Words.number(samples.guidance()) + ".");
        });
        samples.judged()
                .ifPresent(judged -> Parts.table(
                        html,
                        "How close samples are to training pictures (median root mean square over elements, measured)",
                        List.of("pictures", "to the nearest training picture"),
                        List.of(
                                List.of("samples", Words.number(judged.distance())),
                                List.of("real ones held out", Words.number(judged.realDistance())))));
    }

    private static String lead(Judged judged) {
        return String.format(
                Locale.ROOT,
                "%d of %d samples (%.1f %%) look like the class asked for to a classifier that is right on %.1f %% of real "
                        + "pictures held out.",
                judged.agreed(),
                judged.asked(),
                100.0 * judged.agreed() / judged.asked(),
                100 * judged.accuracy());
    }
}
