package dev.dovetail.backends.launch.job;

import java.util.List;
import java.util.stream.Collectors;

/** Commands as a POSIX shell reads them. */
final class ShellText {
    /** The Java of JAVA_HOME, or the one on the path. */
    static final String JAVA = "\"${JAVA_HOME:+$JAVA_HOME/bin/}java\"";

    private ShellText() {}

    /**
     * A command over several lines that ends in the script's own arguments.
     *
     * @param program as the shell reads it
     * @param arguments in double quotes, so that {@code $DIR} is filled in
     */
    static String command(String program, List<String> arguments) {
        return program
                + arguments.stream().map(ShellText::quoted).collect(Collectors.joining(" \\\n    ", " \\\n    ", ""))
                + " \"$@\"\n";
    }

    private static String quoted(String argument) {
        return argument.contains("$") || argument.contains(" ") ? '"' + argument + '"' : argument;
    }
}
