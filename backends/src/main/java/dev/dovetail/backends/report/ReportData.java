package dev.dovetail.backends.report;

import dev.dovetail.backends.report.data.Alternative;
import dev.dovetail.backends.report.data.DecisionRow;
import dev.dovetail.backends.report.data.Forecast;
import dev.dovetail.backends.report.data.FrontPoint;
import dev.dovetail.backends.report.data.KernelRow;
import dev.dovetail.backends.report.data.LayerRun;
import dev.dovetail.backends.report.data.LinkTraffic;
import dev.dovetail.backends.report.data.PlanNode;
import dev.dovetail.backends.report.data.Proof;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.StageMemory;
import dev.dovetail.backends.report.data.Subject;
import dev.dovetail.backends.report.data.Timeline;
import java.util.List;
import java.util.Optional;

/**
 * Everything a report shows.
 *
 * @param layers what the plan does with each layer, in the order of the model
 * @param precision what tensors are stored as and multiplied in, in a sentence
 * @param runnersUp the next best plans, best first
 * @param front the plans worth choosing from; empty where the job trades nothing
 * @param timeline the program on the clock of the cost model
 * @param links what the plan sends over which link, the fastest first
 * @param accuracy a drawing of earlier predictions against what others measured, where they tell of this one
 * @param run what was measured, once something ran
 * @param kernels what was generated for a GPU, if anything
 */
public record ReportData(
        Subject subject,
        List<DecisionRow> decisions,
        PlanNode plan,
        Forecast forecast,
        List<StageMemory> memory,
        List<LayerRun> layers,
        String precision,
        Timeline timeline,
        Proof proof,
        List<Alternative> runnersUp,
        List<FrontPoint> front,
        List<LinkTraffic> links,
        Optional<String> accuracy,
        Optional<Run> run,
        List<KernelRow> kernels) {

    public ReportData {
        decisions = List.copyOf(decisions);
        memory = List.copyOf(memory);
        layers = List.copyOf(layers);
        runnersUp = List.copyOf(runnersUp);
        front = List.copyOf(front);
        links = List.copyOf(links);
        kernels = List.copyOf(kernels);
    }

    /** The same report beside what a run measured. */
    public ReportData withRun(Run measured) {
        List<StageMemory> beside = memory.stream()
                .map(stage -> measured.ranks().isEmpty() ? stage : stage.measuredBy(measured.ranks()))
                .toList();
        return new ReportData(
                subject,
                decisions,
                plan,
                forecast,
                beside,
                layers,
                precision,
                timeline,
                proof,
                runnersUp,
                front,
                links,
                accuracy,
                Optional.of(measured),
                kernels);
    }

    /** The same report with kernels that were checked since. */
    public ReportData withKernels(List<KernelRow> checked) {
        return new ReportData(
                subject, decisions, plan, forecast, memory, layers, precision, timeline, proof, runnersUp, front, links,
                accuracy, run, checked);
    }

    /** The same report with a drawing, in SVG, of how far off predictions were where others measured. */
    public ReportData withAccuracy(String drawing) {
        return new ReportData(
                subject,
                decisions,
                plan,
                forecast,
                memory,
                layers,
                precision,
                timeline,
                proof,
                runnersUp,
                front,
                links,
                Optional.of(drawing),
                run,
                kernels);
    }
}
