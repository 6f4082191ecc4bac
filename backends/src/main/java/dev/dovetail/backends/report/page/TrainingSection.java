package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.Run.HeldOut;
import dev.dovetail.backends.report.data.Run.StepRow;
import java.util.ArrayList;
import java.util.List;

/** The loss, step by step, and the speed. */
final class TrainingSection implements Section {
    private static final int TABLE_ROWS = 12;

    @Override
    public String id() {
        return "training";
    }

    @Override
    public String title() {
        return "Training";
    }

    @Override
    public boolean applies(ReportData data) {
        return data.run().map(run -> !run.steps().isEmpty()).orElse(false);
    }

    @Override
    public void write(ReportData data, Html html) {
        Run run = data.run().orElseThrow();
        Parts.lead(html, lead(run));
        Parts.chart(
                html,
                "loss",
                "Loss, " + run.lossUnit(),
                "Line: training loss by step, measured",
                "Training loss, " + run.lossUnit() + " (over the global batch, before the step’s update), measured. "
                        + "Pale: each step; strong: running mean.");
        Parts.chart(
                html,
                "speed",
                "Tokens per second",
                "Line: tokens per second by step, measured, and the prediction",
                "Tokens per second, measured on " + data.subject().hardware() + ". The dashed line is the prediction.");
        run.heldOut().ifPresent(heldOut -> heldOut(heldOut, html));
        Parts.numbers(html, "Steps, measured", List.of("step", "loss", "tokens/s"), rows(run.steps()));
    }

    private static String lead(Run run) {
        StepRow first = run.steps().getFirst();
        StepRow last = run.steps().getLast();
        return "The run is " + run.status() + " at step " + (last.step() + 1) + ": the loss went from "
                + Words.number(first.loss()) + " to " + Words.number(last.loss()) + " " + run.lossUnit() + ".";
    }

    private static void heldOut(HeldOut heldOut, Html html) {
        Parts.table(
                html,
                "What was held out, " + heldOut.unit() + " (measured; less is better)",
                List.of("predictor", heldOut.unit()),
                heldOut.predictors().stream()
                        .map(predictor -> List.of(predictor.name(), Words.number(predictor.error())))
                        .toList());
    }

    private static List<List<String>> rows(List<StepRow> steps) {
        var rows = new ArrayList<List<String>>();
        int stride = Math.max(1, Math.ceilDiv(steps.size(), TABLE_ROWS));
        for (int i = 0; i < steps.size(); i += stride) {
            rows.add(row(steps.get(i)));
        }
        if ((steps.size() - 1) % stride != 0) {
            rows.add(row(steps.getLast()));
        }
        return rows;
    }

    private static List<String> row(StepRow step) {
        return List.of(Words.count(step.step()), Words.number(step.loss()), Words.number(step.tokensPerSecond()));
    }
}
