package dev.dovetail.cli;

import dev.dovetail.cli.command.CalibrateCommand;
import java.util.List;

/** The subcommands, in the order that help lists them; a new command is one line here. */
final class CommandCatalog {
    private CommandCatalog() {}

    static List<DovetailCommand> of(CommandContext context) {
        return List.of(new CalibrateCommand(context));
    }
}
