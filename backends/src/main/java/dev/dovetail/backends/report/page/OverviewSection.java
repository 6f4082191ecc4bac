package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Forecast;
import dev.dovetail.backends.report.data.Proof;
import dev.dovetail.backends.report.data.Provenance;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.ir.plan.ErrorBars;
import dev.dovetail.ir.units.Bytes;
import java.util.Optional;
import java.util.function.Function;

/** The answer in one sentence and a handful of figures. */
final class OverviewSection implements Section {
    @Override
    public String id() {
        return "overview";
    }

    @Override
    public String title() {
        return "Overview";
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, verdict(data));
        html.block("dl", Html.with("class", "figures"), () -> {
            step(data, html);
            tokens(data, html);
            memory(data, html);
            utilization(data.forecast(), html);
            prices(data.forecast(), html);
            wholeRun(data.forecast(), html);
        });
    }

    private static String verdict(ReportData data) {
        Forecast forecast = data.forecast();
        String opening = "A step of " + data.subject().job() + " is predicted to take " + forecast.step();
        String measured = data.run()
                .map(run -> "; measured, it takes " + run.step() + " ("
                        + Words.change(run.step().ratioTo(forecast.step()) - 1) + ")")
                .orElse("; it has not run yet");
        return opening + measured + ". " + proof(data.proof());
    }

    private static String proof(Proof proof) {
        return switch (proof.status()) {
            case OPTIMAL -> "Within the cost model no plan is better: that is proven.";
            case FEASIBLE ->
                "The best possible plan is at most " + Words.percent(proof.gap()) + " better: that is proven.";
        };
    }

    private static void step(ReportData data, Html html) {
        figure(
                html,
                "Step time",
                data.forecast().step().toString(),
                data.run().map(run -> run.step().toString()),
                data.run().isPresent()
                        ? "measured: median of the steps after the first 20"
                        : "one training step, all ranks"
                                + published(
                                        data.forecast(),
                                        bars -> bars.step()
                                                .around(data.forecast().step())));
    }

    private static void tokens(ReportData data, Html html) {
        figure(
                html,
                "Tokens per second",
                Words.number(data.forecast().tokensPerSecond()),
                data.run().map(run -> Words.number(run.tokensPerSecond())),
                "all ranks together");
    }

    private static void memory(ReportData data, Html html) {
        Forecast forecast = data.forecast();
        String limit = forecast.limit()
                        .map(most ->
                                Words.percent(forecast.memory().ratioTo(most)) + " of the " + most + " it may hold")
                        .orElse("no limit is known")
                + published(forecast, bars -> bars.memory().around(forecast.memory()));
        Optional<Bytes> peak = data.run().map(Run::memory);
        figure(html, "Memory of the fullest rank", forecast.memory().toString(), peak.map(Bytes::toString), limit);
    }

    /** The error bar of an estimate, where others measured what it foresees. */
    private static String published(Forecast forecast, Function<ErrorBars, String> range) {
        return forecast.bars()
                .map(bars -> "; four of five published runs: " + range.apply(bars))
                .orElse("");
    }

    private static void utilization(Forecast forecast, Html html) {
        forecast.mfu()
                .ifPresent(mfu -> figure(
                        html,
                        "Model FLOPs utilization",
                        Words.percent(mfu),
                        Optional.empty(),
                        "of the devices’ peak, recomputation not counted"));
        figure(
                html,
                "Pipeline bubble",
                Words.percent(forecast.bubble()),
                Optional.empty(),
                "of the ranks’ time, idle while the pipeline fills and drains");
    }

    private static void prices(Forecast forecast, Html html) {
        forecast.energy()
                .ifPresent(energy -> figure(html, "Energy per step", energy.toString(), Optional.empty(), "all ranks"));
        forecast.money()
                .ifPresent(money -> figure(html, "Money per step", money.toString(), Optional.empty(), "all ranks"));
        forecast.carbon()
                .ifPresent(carbon ->
                        figure(html, "Carbon per step", carbon.toString(), Optional.empty(), "CO₂ equivalent"));
    }

    private static void wholeRun(Forecast forecast, Html html) {
        forecast.run().ifPresent(run -> {
            figure(html, "Whole run", run.elapsed().toString(), Optional.empty(), run.toString());
            run.goodput()
                    .ifPresent(goodput -> figure(
                            html,
                            "Goodput",
                            Words.percent(goodput.stated().fraction()),
                            Optional.empty(),
                            goodput.toString()));
        });
    }

    private static void figure(Html html, String name, String estimate, Optional<String> measured, String note) {
        html.block("div", Html.with("class", "figure"), () -> {
            html.element("dt", name);
            measured.ifPresent(value -> value(html, value, Provenance.MEASURED));
            value(html, estimate, Provenance.ESTIMATE);
            html.element("dd", Html.with("class", "note"), note);
        });
    }

    private static void value(Html html, String value, Provenance provenance) {
        html.element("dd", Html.with("class", "value"), () -> {
            html.element("span", Html.with("class", "amount"), value);
            html.text(" ");
            Parts.tag(html, provenance);
        });
    }
}
