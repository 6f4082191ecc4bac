package dev.dovetail.cli.command;

import dev.dovetail.backends.report.data.PlanNode;
import dev.dovetail.backends.report.plan.PlanTree;
import dev.dovetail.backends.report.plan.PlannedJob;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.PlanJson;
import dev.dovetail.cli.compile.PlanText;
import dev.dovetail.cli.report.PlannedJobs;
import dev.dovetail.cli.report.TreeText;
import dev.dovetail.cli.report.WhatIf;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.cli.terminal.Style;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.explain.Explainer;
import dev.dovetail.optimizer.explain.Explanation.Lever;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail explain}: why this plan: what each part costs and what limits it, what lost, what would change it. */
@Command(
        name = "explain",
        description = "Say why a plan won: its tree with time, memory and limits, what lost, what would change it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  dovetail explain specs/quickstart.dove", "  dovetail explain my.dove --set tensor=4 --depth 4"})
public final class ExplainCommand implements DovetailCommand {
    private static final int DEPTH = 3;

    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "--depth", paramLabel = "N", description = "Levels of the tree, of every stage.")
    private int depth;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    public ExplainCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        TrainJob job = spec.read(new SpecReader(context));
        var compiler = new JobCompiler(context);
        PlannedJob planned = new PlannedJobs(context).of(compiler.compile(job));
        List<WhatIf> answers = WhatIf.of(job, compiler);
        List<Lever> levers = levers(job, planned.plan(), compiler);
        if (json) {
            printJson(planned, answers, levers);
            return ExitStatus.OK;
        }
        new PlanText(context).print(planned.plan());
        heading("What each rank does in a step (estimates), and what limits it");
        new TreeText(context).lines(tree(planned), depth > 0 ? depth : DEPTH).forEach(context.out()::println);
        if (!answers.isEmpty()) {
            heading("What would change it");
            answers.forEach(answer -> context.out().println("  " + line(planned.plan(), answer)));
        }
        if (!levers.isEmpty()) {
            heading("What other hardware would buy, planned again with each");
            levers.forEach(lever -> context.out().println("  " + line(lever)));
        }
        context.out().println();
        context.out().println("to see it: dovetail report " + spec.written() + " --open");
        return ExitStatus.OK;
    }

    /** What is asked of clusters of the catalogue; this machine is what it is. */
    private static List<Lever> levers(TrainJob job, Plan plan, JobCompiler compiler) {
        return job.cluster().thisMachine().isPresent()
                ? List.of()
                : new Explainer(
                                cluster -> compiler.planner(job, cluster),
                                dev.dovetail.optimizer.explain.WhatIf.standard())
                        .explain(job, plan)
                        .levers();
    }

    private static String line(Lever lever) {
        String rent = lever.rent() > 0
                ? String.format(
                        Locale.ROOT,
                        " for $%.2f an hour, %.3f %% a dollar",
                        lever.rent(),
                        100 * lever.gain() / lever.rent())
                : "";
        String differs = lever.differs().entrySet().stream()
                .map(decision -> decision.getKey() + " " + decision.getValue())
                .collect(Collectors.joining(", "));
        return String.format(
                Locale.ROOT,
                "%s: %.2f %% less%s%s",
                lever.change(),
                100 * lever.gain(),
                rent,
                differs.isEmpty() ? "" : ", with " + differs);
    }

    /** Stages differ little; unless a depth is asked for, only the busiest is shown in full. */
    private PlanNode tree(PlannedJob planned) {
        PlanNode whole = PlanTree.of(planned);
        PlanNode busiest = whole.children().stream()
                .max(Comparator.comparing(stage -> stage.time().orElse(Seconds.ZERO)))
                .orElse(whole);
        return depth > 0
                ? whole
                : whole.withChildren(whole.children().stream()
                        .map(stage -> stage.equals(busiest) ? stage : stage.withChildren(List.of()))
                        .toList());
    }

    private void heading(String text) {
        context.out().println();
        context.out().println(context.terminal().paint(Style.STRONG, text));
    }

    private static String line(Plan plan, WhatIf answer) {
        double change =
                answer.plan().predicted().step().ratioTo(plan.predicted().step()) - 1;
        String without = "without " + answer.without() + ": ";
        if (answer.plan().decisions().equals(plan.decisions())) {
            return without + "the same plan";
        }
        return String.format(
                Locale.ROOT,
                "%s%s a step (%+.1f %%) with %s",
                without,
                answer.plan().predicted().step(),
                100 * change,
                differences(plan, answer.plan()));
    }

    private static String differences(Plan plan, Plan other) {
        Map<String, String> known = plan.decisions().asText();
        return other.decisions().asText().entrySet().stream()
                .filter(decision -> !decision.getValue().equals(known.get(decision.getKey())))
                .map(decision -> decision.getKey() + " " + decision.getValue())
                .collect(Collectors.joining(", "));
    }

    private void printJson(PlannedJob planned, List<WhatIf> answers, List<Lever> levers) {
        var object = new LinkedHashMap<>(PlanJson.of(new PlanOutcome.Solved(planned.plan()), List.of()));
        object.put("tree", TreeJson.of(PlanTree.of(planned)));
        object.put(
                "what_if",
                answers.stream()
                        .map(answer -> Map.of(
                                "without", answer.without(),
                                "plan", answer.plan().decisions().asText(),
                                "step_seconds", answer.plan().predicted().step().value()))
                        .toList());
        object.put(
                "other_hardware",
                levers.stream()
                        .map(lever -> Map.of(
                                "change", lever.change(),
                                "gain", lever.gain(),
                                "dollars_an_hour", lever.rent(),
                                "differs", lever.differs()))
                        .toList());
        context.printJson(object);
    }
}
