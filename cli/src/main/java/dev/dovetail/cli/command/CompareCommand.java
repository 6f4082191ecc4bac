package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.PlanJson;
import dev.dovetail.cli.report.PlanTable;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail compare}: the plans of several specs side by side. */
@Command(
        name = "compare",
        description = "Plan several specs and put the plans side by side.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail compare small.dove large.dove",
            "  dovetail compare a.dove b.dove --set microbatch=1 --json"
        })
public final class CompareCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "SPEC", arity = "1..*", description = "The specs; each with one job, or with --job.")
    private List<Path> specs;

    @Option(names = "--job", paramLabel = "NAME", description = "Which job of each spec.")
    private String job;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Say one thing otherwise, in every spec; repeatable.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--json", description = "Print one JSON object: a plan for each spec.")
    private boolean json;

    public CompareCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        var reader = new SpecReader(context);
        var compiler = new JobCompiler(context);
        var plans = new ArrayList<Plan>();
        for (Path spec : specs) {
            plans.add(compiler.compile(reader.job(spec, overrides, Optional.ofNullable(job)))
                    .plan());
        }
        List<String> names = specs.stream().map(Path::toString).toList();
        if (json) {
            printJson(names, plans);
        } else {
            new PlanTable(context, names, plans).lines().forEach(context.out()::println);
            context.out().println();
            context.out().println("* best of its row; every figure is an estimate");
        }
        return ExitStatus.OK;
    }

    private void printJson(List<String> names, List<Plan> plans) {
        var rows = new ArrayList<Map<String, Object>>();
        for (int i = 0; i < plans.size(); i++) {
            var row = new LinkedHashMap<String, Object>();
            row.put("spec", names.get(i));
            row.putAll(PlanJson.of(new PlanOutcome.Solved(plans.get(i)), List.of()));
            rows.add(row);
        }
        context.printJson(Map.of("schema", 1, "plans", rows));
    }
}
