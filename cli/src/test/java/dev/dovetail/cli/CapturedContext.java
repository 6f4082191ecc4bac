package dev.dovetail.cli;

import dev.dovetail.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A context whose output a test can read. */
public final class CapturedContext {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CommandContext context;

    public CapturedContext() {
        this(Path.of("").toAbsolutePath(), Terminal.plain());
    }

    public CapturedContext(Path workingDirectory, Terminal terminal) {
        this.context = new CommandContext(
                workingDirectory,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminal);
    }

    public CommandContext context() {
        return context;
    }

    /** Runs the command as {@code main} would. */
    public ExitStatus run(String... arguments) {
        return Dovetail.run(context, List.of(arguments));
    }

    public List<String> out() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    public List<String> err() {
        return err.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
