package dev.dovetail.cli.terminal;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress as a bar that redraws itself at the foot of a terminal. */
final class BarProgress implements Progress {
    private static final int REDRAW_MILLIS = 200;
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final ProgressBar bar;
    private final PrintStream err;

    BarProgress(String task, long steps, Terminal terminal, PrintStream err) {
        this.err = err;
        this.bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(steps > 0 ? steps : -1)
                .setStyle(style(terminal, err))
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                // The width is given, so that the library does not start a terminal library to ask for it.
                .setConsumer(new ConsoleProgressBarConsumer(err, terminal.width() - 1))
                .build();
    }

    private static ProgressBarStyle style(Terminal terminal, PrintStream err) {
        if (!err.charset().newEncoder().canEncode('\u2588')) {
            return ProgressBarStyle.ASCII;
        }
        return terminal.colour() ? ProgressBarStyle.COLORFUL_UNICODE_BLOCK : ProgressBarStyle.UNICODE_BLOCK;
    }

    @Override
    public void reached(long done, String note) {
        bar.setExtraMessage(note);
        bar.stepTo(done);
    }

    @Override
    public void say(String line) {
        err.print(CLEAR_LINE + line + System.lineSeparator());
        bar.refresh();
    }

    @Override
    public void close() {
        bar.close();
    }
}
