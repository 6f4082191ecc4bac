package dev.dovetail.cli;

import java.util.concurrent.Callable;

/**
 * One subcommand: a class annotated with picocli's {@code @Command}, in a file of its own, with one line in
 * {@link CommandCatalog}. It takes its {@link CommandContext} in the constructor and touches no global.
 */
public interface DovetailCommand extends Callable<Integer> {
    /** Does the work; what it throws is turned into a message and a status in one place. */
    ExitStatus execute() throws Exception;

    @Override
    default Integer call() throws Exception {
        return execute().code();
    }
}
