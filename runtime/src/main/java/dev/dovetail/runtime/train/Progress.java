package dev.dovetail.runtime.train;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How a run shows that it is alive. */
public interface Progress extends AutoCloseable {
    /** Steps {@code first} to {@code steps - 1} are about to run. */
    void begin(long first, long steps);

    void step(long step, double loss, double tokensPerSecond);

    /** One line of its own. */
    void say(String line);

    @Override
    void close();

    /** A bar that redraws itself, for terminals. */
    static Progress bar(PrintStream out) {
        return new Bar(out);
    }

    /** About twenty lines a run, for logs. */
    static Progress lines(PrintStream out) {
        return new Lines(out);
    }

    /** Redraws one line. */
    final class Bar implements Progress {
        private final PrintStream out;
        private Optional<ProgressBar> bar = Optional.empty();

        Bar(PrintStream out) {
            this.out = out;
        }

        @Override
        public void begin(long first, long steps) {
            bar = Optional.of(new ProgressBarBuilder()
                    .setTaskName("training")
                    .setInitialMax(steps)
                    .startsFrom(first, java.time.Duration.ZERO)
                    .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                    .setUpdateIntervalMillis(200)
                    .setUnit(" steps", 1)
                    .build());
        }

        @Override
        public void step(long step, double loss, double tokensPerSecond) {
            bar.ifPresent(b -> {
                b.setExtraMessage(String.format(Locale.ROOT, " loss %.4f  %,.0f tokens/s", loss, tokensPerSecond));
                b.stepTo(step + 1);
            });
        }

        @Override
        public void say(String line) {
            close();
            out.println(line);
        }

        @Override
        public void close() {
            bar.ifPresent(ProgressBar::close);
            bar = Optional.empty();
        }
    }

    /** Prints now and then. */
    final class Lines implements Progress {
        private final PrintStream out;
        private long steps = 1;

        Lines(PrintStream out) {
            this.out = out;
        }

        @Override
        public void begin(long first, long steps) {
            this.steps = steps;
        }

        @Override
        public void step(long step, double loss, double tokensPerSecond) {
            long every = Math.max(1, steps / 20);
            if (step % every == 0 || step == steps - 1) {
                out.println(String.format(
                        Locale.ROOT,
                        "step %d of %d  loss %.4f  %,.0f tokens/s",
                        step + 1,
                        steps,
                        loss,
                        tokensPerSecond));
            }
        }

        @Override
        public void say(String line) {
            out.println(line);
        }

        @Override
        public void close() {
            out.flush();
        }
    }
}
