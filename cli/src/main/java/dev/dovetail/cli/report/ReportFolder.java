package dev.dovetail.cli.report;

import dev.dovetail.backends.report.Report;
import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.ReportFile;
import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.plan.PlanReport;
import dev.dovetail.backends.report.plan.PlannedJob;
import dev.dovetail.backends.report.run.KernelFile;
import dev.dovetail.backends.report.run.RunFileException;
import dev.dovetail.backends.report.run.RunFiles;
import dev.dovetail.backends.report.trace.MemoryCurve;
import dev.dovetail.backends.report.trace.PerfettoTrace;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.Version;
import dev.dovetail.optimizer.accuracy.PublishedErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The report's files in a job's folder: {@code report.html} for people, {@code report.json} to write it again from, and traces
 * for Perfetto of the predicted step and of the measured one.
 */
public record ReportFolder(Path folder) {
    private static final String PAGE = "report.html";
    private static final String KEPT = "report.json";
    private static final String PREDICTED = "trace-predicted.json";
    private static final String MEASURED = "trace-measured.json";

    /** Writes everything that is known before a run, and adds what an earlier run left in the folder. */
    public List<Path> write(PlannedJob planned, String command) throws IOException {
        Files.createDirectories(folder);
        ReportData data =
                compared(PlanReport.of(planned, List.of(), "dovetail " + command, "dovetail " + Version.number()));
        ReportFile.write(data, folder.resolve(KEPT));
        Files.writeString(folder.resolve(PREDICTED), trace(planned, data));
        return page(data);
    }

    /** Where published runs make error bars of the plan's figures, they are drawn too. */
    private static ReportData compared(ReportData data) {
        return data.forecast()
                .bars()
                .flatMap(bars -> PublishedErrors.drawing())
                .map(data::withAccuracy)
                .orElse(data);
    }

    /** Writes the page again with what has been measured since. */
    public List<Path> refresh() throws IOException {
        Path kept = folder.resolve(KEPT);
        if (!Files.isRegularFile(kept)) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`" + folder + "` holds no compiled job",
                    "compile a spec into it: dovetail compile SPEC -o " + folder);
        }
        ReportData data = ReportFile.read(kept)
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "`" + kept + "` is broken, or of another version",
                        "write it again: dovetail compile SPEC -o " + folder));
        return page(data);
    }

    /** The page with what a run measured; a folder from before there were reports has none. */
    public Optional<Path> refreshIfWritten() throws IOException {
        return Files.isRegularFile(folder.resolve(KEPT)) ? Optional.of(refresh().getFirst()) : Optional.empty();
    }

    private List<Path> page(ReportData planned) throws IOException {
        Optional<Run> run = read(RunFiles::read);
        ReportData whole = planned.withKernels(read(KernelFile::read));
        var written = new ArrayList<Path>();
        written.add(Report.write(run.map(whole::withRun).orElse(whole), folder.resolve(PAGE)));
        written.add(folder.resolve(PREDICTED));
        Optional<String> measured = run.flatMap(Run::timeline)
                .map(timeline -> new PerfettoTrace().add(timeline, List.of()).json());
        if (measured.isPresent()) {
            written.add(Files.writeString(folder.resolve(MEASURED), measured.get()));
        }
        return written;
    }

    /** Reads files of a folder, such as what a run left there. */
    private interface FolderReader<T> {
        T read(Path folder) throws IOException;
    }

    private <T> T read(FolderReader<T> reader) throws IOException {
        try {
            return reader.read(folder);
        } catch (RunFileException broken) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT, broken.getMessage(), "delete it, or run the job again with `--fresh`");
        }
    }

    private static String trace(PlannedJob planned, ReportData data) {
        List<MemoryCurve> memory = IntStream.range(0, data.timeline().lanes().size())
                .mapToObj(lane -> {
                    var stage = planned.timeline().stages().get(lane);
                    return MemoryCurve.of(lane, planned.program().classes().get(stage.stage()), stage);
                })
                .toList();
        return new PerfettoTrace().add(data.timeline(), memory).json();
    }
}
