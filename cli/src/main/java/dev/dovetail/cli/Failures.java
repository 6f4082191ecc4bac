package dev.dovetail.cli;

import dev.dovetail.cli.terminal.Style;
import dev.dovetail.runtime.failure.BugFailure;
import dev.dovetail.runtime.failure.JobFailure;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine;

/** The one place where what went wrong becomes a message on standard error and an exit status. */
final class Failures {
    private final CommandContext context;

    Failures(CommandContext context) {
        this.context = context;
    }

    /** Tells the user, and answers with the status to exit with. */
    ExitStatus report(Throwable failure) {
        return switch (failure) {
            case CommandFailure known -> {
                say(known.getMessage());
                known.help().ifPresent(this::help);
                yield known.status();
            }
            case BugFailure bug -> bug(bug);
            // Of files that a command reads: a checkpoint of another model, weights that are no numbers.
            case JobFailure known -> {
                say(known.getMessage());
                help(known.help());
                yield ExitStatus.WRONG_INPUT;
            }
            case UncheckedIOException wrapped -> report(wrapped.getCause());
            case IOException broken -> {
                say(wording(broken));
                yield ExitStatus.WRONG_INPUT;
            }
            case InterruptedException _ -> {
                say("interrupted");
                yield ExitStatus.INTERRUPTED;
            }
            default -> bug(failure);
        };
    }

    /** Wrong usage: what was wrong, the nearest right word, and where to read more. */
    ExitStatus reportUsage(CommandLine.ParameterException wrong) {
        say(firstLetterLower(wrong.getMessage()));
        if (wrong instanceof CommandLine.UnmatchedArgumentException unmatched) {
            var near = unmatched.getSuggestions();
            if (!near.isEmpty()) {
                help("did you mean `" + near.getFirst() + "`?");
            }
        }
        help("`" + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help` shows what it takes");
        return ExitStatus.WRONG_USAGE;
    }

    private ExitStatus bug(Throwable failure) {
        say("this is a bug in dovetail, please report it with what follows");
        failure.printStackTrace(context.err());
        return ExitStatus.BUG;
    }

    private static String wording(IOException broken) {
        return switch (broken) {
            case NoSuchFileException missing -> "no such file: " + missing.getFile();
            case FileNotFoundException missing -> "no such file: " + missing.getMessage();
            case AccessDeniedException denied -> "permission denied: " + denied.getFile();
            case NotDirectoryException file -> "not a folder: " + file.getFile();
            case FileAlreadyExistsException taken -> "exists already: " + taken.getFile();
            default -> broken.getMessage() == null ? broken.toString() : broken.getMessage();
        };
    }

    private void say(String message) {
        context.err().println(context.terminal().paintError(Style.ERROR, "error") + ": " + message);
    }

    private void help(String message) {
        context.err().println("  = help: " + message);
    }

    private static String firstLetterLower(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
