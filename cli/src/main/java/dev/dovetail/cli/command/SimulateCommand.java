package dev.dovetail.cli.command;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.plan.PlanReport;
import dev.dovetail.backends.report.plan.PlannedJob;
import dev.dovetail.backends.report.trace.MemoryCurve;
import dev.dovetail.backends.report.trace.PerfettoTrace;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.Version;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.report.PlannedJobs;
import dev.dovetail.cli.report.TimelineText;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.timing.TimePart;
import dev.dovetail.ir.timing.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail simulate}: the plan's program on a virtual clock; nothing is executed. */
@Command(
        name = "simulate",
        description = "Run a plan's program on a virtual clock: who does what when, and where the bubbles are.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail simulate specs/quickstart.dove",
            "  dovetail simulate specs/gpt3-175b-pretrain.dove --trace step.json   (open in ui.perfetto.dev)"
        })
public final class SimulateCommand implements DovetailCommand {
    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "--trace", paramLabel = "FILE", description = "Write the step as a trace that Perfetto opens.")
    private Path trace;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    public SimulateCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        PlannedJob planned =
                new PlannedJobs(context).of(new JobCompiler(context).compile(spec.read(new SpecReader(context))));
        ReportData data = PlanReport.of(
                planned, List.of(), "dovetail simulate " + spec.written(), "dovetail " + Version.number());
        if (json) {
            context.printJson(answer(planned.timeline()));
        } else {
            print(planned, data);
        }
        if (trace != null) {
            write(planned, data);
        }
        return ExitStatus.OK;
    }

    private void print(PlannedJob planned, ReportData data) {
        Timeline timeline = planned.timeline();
        context.out()
                .println(String.format(
                        Locale.ROOT,
                        "one step of %s on %s: %s (estimate), bubble %.1f %%",
                        planned.job().name(),
                        planned.hardware(),
                        timeline.step(),
                        100 * timeline.bubbleFraction()));
        context.out().println();
        new TimelineText(context).lines(data.timeline()).forEach(context.out()::println);
        context.out().println();
        List<Lane> lanes = data.timeline().lanes();
        for (Timeline.Stage stage : timeline.stages()) {
            context.out().println(lanes.get(stage.stage()).name() + ": " + spent(stage));
        }
    }

    private static String spent(Timeline.Stage stage) {
        var parts = new StringBuilder();
        for (TimePart part : TimePart.values()) {
            if (stage.spent(part).value() > 0) {
                parts.append(parts.isEmpty() ? "" : ", ")
                        .append(word(part))
                        .append(' ')
                        .append(stage.spent(part));
            }
        }
        return parts.toString();
    }

    private static String word(TimePart part) {
        return part.name().toLowerCase(Locale.ROOT).replace("_comm", " exchange");
    }

    private void write(PlannedJob planned, ReportData data) throws IOException {
        Path file = context.resolve(trace);
        List<MemoryCurve> memory = IntStream.range(0, data.timeline().lanes().size())
                .mapToObj(lane -> MemoryCurve.of(
                        lane,
                        planned.program().classes().get(lane),
                        planned.timeline().stages().get(lane)))
                .toList();
        Files.writeString(file, new PerfettoTrace().add(data.timeline(), memory).json());
        if (!json) {
            context.out().println("wrote " + file + ", which ui.perfetto.dev opens");
        }
    }

    private static Map<String, Object> answer(Timeline timeline) {
        var json = new LinkedHashMap<String, Object>();
        json.put("schema", 1);
        json.put("step_seconds", timeline.step().value());
        json.put("bubble_fraction", timeline.bubbleFraction());
        json.put(
                "stages", timeline.stages().stream().map(SimulateCommand::stage).toList());
        return json;
    }

    private static Map<String, Object> stage(Timeline.Stage stage) {
        var spent = new LinkedHashMap<String, Object>();
        for (TimePart part : TimePart.values()) {
            spent.put(part.name().toLowerCase(Locale.ROOT), stage.spent(part).value());
        }
        return Map.of("stage", stage.stage(), "calls", stage.events().size(), "seconds", spent);
    }
}
