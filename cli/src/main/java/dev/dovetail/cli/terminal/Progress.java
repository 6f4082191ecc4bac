package dev.dovetail.cli.terminal;

import java.io.PrintStream;

/** Shows how far long work has come; close it when the work ends, however it ends. */
public sealed interface Progress extends AutoCloseable permits BarProgress, LineProgress {
    /** A bar where a person watches standard error, plain lines otherwise; {@code steps} of 0 means unknown. */
    static Progress start(String task, long steps, Terminal terminal, PrintStream err) {
        return terminal.errIsTerminal()
                ? new BarProgress(task, steps, terminal, err)
                : new LineProgress(task, steps, err, System::nanoTime);
    }

    /** Reports that {@code done} steps are complete, with a few words on where the work stands. */
    void reached(long done, String note);

    /** Prints a line that stays, without tearing the bar. */
    void say(String line);

    @Override
    void close();
}
