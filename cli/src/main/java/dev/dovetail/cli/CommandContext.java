package dev.dovetail.cli;

import dev.dovetail.cli.terminal.Progress;
import dev.dovetail.cli.terminal.Terminal;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a command sees of the world outside: where it stands, where it writes, and whether a person is watching.
 *
 * @param workingDirectory the folder that relative paths on the command line start from
 * @param out answers, and nothing else when JSON was asked for
 * @param err progress, warnings and errors
 */
public record CommandContext(Path workingDirectory, PrintStream out, PrintStream err, Terminal terminal) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** A path as the user wrote it, made absolute. */
    public Path resolve(Path written) {
        return workingDirectory.resolve(written).normalize();
    }

    /** One JSON object on standard output, on one line. */
    public void printJson(Object answer) {
        out.println(JSON.writeValueAsString(answer));
    }

    PrintWriter outWriter() {
        return new PrintWriter(out, true, out.charset());
    }

    PrintWriter errWriter() {
        return new PrintWriter(err, true, err.charset());
    }

    /** Progress on standard error: a bar when a person watches, a few plain lines otherwise. */
    public Progress progress(String task, long steps) {
        return Progress.start(task, steps, terminal, err);
    }
}
