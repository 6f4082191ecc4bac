package dev.dovetail.cli;

import java.util.Optional;

/**
 * Ends a command with a status and a message a person can act on.
 *
 * <p>The message is one lower-case sentence without a full stop; the help names the way out.
 */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitStatus status;
    private final transient Optional<String> help;

    private CommandFailure(ExitStatus status, String message, Optional<String> help) {
        super(message);
        this.status = status;
        this.help = help;
    }

    public static CommandFailure of(ExitStatus status, String message) {
        return new CommandFailure(status, message, Optional.empty());
    }

    public static CommandFailure of(ExitStatus status, String message, String help) {
        return new CommandFailure(status, message, Optional.of(help));
    }

    public ExitStatus status() {
        return status;
    }

    public Optional<String> help() {
        return help;
    }
}
