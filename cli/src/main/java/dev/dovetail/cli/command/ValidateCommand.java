package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.validate.Validation;
import dev.dovetail.cli.validate.page.AccuracyPage;
import dev.dovetail.cli.validate.page.ScatterSvg;
import dev.dovetail.cli.validate.page.ScoreCsv;
import dev.dovetail.cli.validate.page.ScoreText;
import dev.dovetail.cli.validate.score.Coverage;
import dev.dovetail.cli.validate.score.ErrorBars;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.optimizer.accuracy.PublishedErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail validate}: predictions held against what others measured, table by table and row by row. */
@Command(
        name = "validate",
        description = "Predict what tables of measurements say, and tell how far off the predictions are.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail validate measurements/",
            "  dovetail validate measurements/ --write docs/accuracy.md",
            "  dovetail validate measurements/ --csv rows.csv --table bloom"
        })
public final class ValidateCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "DIR", description = "A folder of CSV files; their columns tell what they measure.")
    private Path folder;

    @Option(names = "--table", paramLabel = "TEXT", description = "Only tables whose name contains this.")
    private String only = "";

    @Option(names = "--csv", paramLabel = "FILE", description = "Write a line for each row.")
    private Path csv;

    @Option(
            names = "--write",
            paramLabel = "FILE",
            description = "Write the accuracy page, in Markdown, and its drawing beside it.")
    private Path page;

    @Option(
            names = "--bars",
            paramLabel = "FILE",
            description =
                    "Write the error bars that plans for such hardware are printed with, and the drawing of reports.")
    private Path bars;

    public ValidateCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        List<MeasuredTable> tables = tables();
        var asked = tables.stream().filter(table -> table.name().contains(only)).toList();
        List<TableScore> scores = score(tables, asked);
        for (TableScore score : scores) {
            ScoreText.lines(score).forEach(context.out()::println);
        }
        Coverage.of(scores).forEach(context.out()::println);
        if (csv != null) {
            Files.writeString(context.resolve(csv), ScoreCsv.of(scores));
            context.out().println("wrote " + csv);
        }
        if (page != null) {
            Path drawing = beside(page);
            Files.writeString(context.resolve(page), AccuracyPage.of(scores, drawing.getFileName()));
            Files.writeString(context.resolve(drawing), ScatterSvg.of(scores));
            context.out().println("wrote " + page + " and " + drawing);
        }
        if (bars != null) {
            Path drawing = beside(bars);
            Files.writeString(context.resolve(bars), PublishedErrors.write(ErrorBars.published(scores)));
            Files.writeString(context.resolve(drawing), ScatterSvg.of(scores));
            context.out().println("wrote " + bars + " and " + drawing);
        }
        return ExitStatus.OK;
    }

    /** The drawing that goes with a file: its name, ending in {@code .svg}. */
    private static Path beside(Path file) {
        return file.resolveSibling(file.getFileName().toString().replaceFirst("\\.[^.]*$", "") + ".svg");
    }

    private List<TableScore> score(List<MeasuredTable> all, List<MeasuredTable> asked) {
        long rows = asked.stream().mapToLong(table -> table.rows().size()).sum();
        try (var progress = context.progress("predicting rows", rows)) {
            return Validation.of(all).score(asked, progress);
        }
    }

    private List<MeasuredTable> tables() throws IOException {
        Path resolved = context.resolve(folder);
        if (!Files.isDirectory(resolved)) {
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, folder + " is not a folder");
        }
        var tables = new ArrayList<MeasuredTable>();
        try (Stream<Path> files = Files.list(resolved)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".csv"))
                    .sorted()
                    .toList()) {
                tables.add(MeasuredTable.read(file));
            }
        }
        if (tables.isEmpty()) {
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, folder + " holds no CSV file");
        }
        return tables;
    }
}
