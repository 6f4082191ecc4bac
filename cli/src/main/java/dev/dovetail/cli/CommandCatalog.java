package dev.dovetail.cli;

import dev.dovetail.cli.command.CalibrateCommand;
import dev.dovetail.cli.command.CatalogCommand;
import dev.dovetail.cli.command.CheckCommand;
import dev.dovetail.cli.command.CompareCommand;
import dev.dovetail.cli.command.CompileCommand;
import dev.dovetail.cli.command.EmbedCommand;
import dev.dovetail.cli.command.ExplainCommand;
import dev.dovetail.cli.command.ExportCommand;
import dev.dovetail.cli.command.FormatCommand;
import dev.dovetail.cli.command.ImportCommand;
import dev.dovetail.cli.command.KernelsCommand;
import dev.dovetail.cli.command.MergeCommand;
import dev.dovetail.cli.command.ReportCommand;
import dev.dovetail.cli.command.RunCommand;
import dev.dovetail.cli.command.SampleCommand;
import dev.dovetail.cli.command.SimulateCommand;
import dev.dovetail.cli.command.ValidateCommand;
import java.util.List;

/** The subcommands, in the order that help lists them; a new command is one line here. */
final class CommandCatalog {
    private CommandCatalog() {}

    static List<DovetailCommand> of(CommandContext context) {
        return List.of(
                new CheckCommand(context),
                new FormatCommand(context),
                new CompileCommand(context),
                new RunCommand(context),
                new SampleCommand(context),
                new MergeCommand(context),
                new EmbedCommand(context),
                new ReportCommand(context),
                new ExplainCommand(context),
                new CompareCommand(context),
                new SimulateCommand(context),
                new ValidateCommand(context),
                new KernelsCommand(context),
                new ImportCommand(context),
                new ExportCommand(context),
                new CatalogCommand(context),
                new CalibrateCommand(context));
    }
}
