package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.StepPart;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The forecast beside the clock, part by part. */
final class ComparisonSection implements Section {
    @Override
    public String id() {
        return "predicted-against-measured";
    }

    @Override
    public String title() {
        return "Predicted against measured";
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, lead(data));
        Parts.chart(
                html,
                "comparison",
                "One step, part by part",
                "Bars of each part of a step: predicted, and measured where the job ran",
                caption(data));
        Parts.table(
                html,
                "One step, part by part",
                List.of("part", "predicted (estimate)", "measured", "difference"),
                rows(data));
    }

    static List<StepPart> parts(ReportData data) {
        return StepPart.of(data.forecast().breakdown(), data.run().map(Run::breakdown));
    }

    private static String lead(ReportData data) {
        return data.run()
                .map(run -> "The measured step takes " + run.step() + ", "
                        + Words.change(run.step().ratioTo(data.forecast().step()) - 1)
                        + " against the prediction, which was made before the first step.")
                .orElse("Only the prediction is known: run the job to fill in what is measured.");
    }

    private static String caption(ReportData data) {
        String hollow = "Parts of one step, as a mean over stages. Hollow bars are estimates of the cost model";
        return data.run()
                .map(run -> hollow + "; solid bars are measured on "
                        + data.subject().hardware() + ".")
                .orElse(hollow + ".");
    }

    private static List<List<String>> rows(ReportData data) {
        var rows = new ArrayList<List<String>>();
        rows.add(row(
                "whole step", Optional.of(data.forecast().step()), data.run().map(Run::step)));
        parts(data).stream()
                .map(part -> row(Words.part(part.key()), part.predicted(), part.measured()))
                .forEach(rows::add);
        rows.add(memory(data));
        return rows;
    }

    private static List<String> row(String name, Optional<Seconds> predicted, Optional<Seconds> measured) {
        String difference = predicted
                .filter(seconds -> seconds.value() > 0)
                .flatMap(p -> measured.map(m -> Words.change(m.ratioTo(p) - 1)))
                .orElse("");
        return List.of(
                name,
                predicted.map(Seconds::toString).orElse("–"),
                measured.map(Seconds::toString).orElse("–"),
                difference);
    }

    private static List<String> memory(ReportData data) {
        var predicted = data.forecast().memory();
        return List.of(
                "memory of the fullest rank",
                predicted.toString(),
                data.run().map(run -> run.memory().toString()).orElse("–"),
                data.run()
                        .map(run -> Words.change(run.memory().ratioTo(predicted) - 1))
                        .orElse(""));
    }
}
