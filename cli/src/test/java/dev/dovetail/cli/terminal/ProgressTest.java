package dev.dovetail.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @Test
    void withoutATerminalALineComesEveryFewSecondsAndAtTheEnd() {
        var clock = new AtomicLong();
        try (var progress = new LineProgress("training", 4, err, clock::get)) {
            progress.reached(1, "loss 5.5");
            clock.addAndGet(1_000_000_000L);
            progress.reached(2, "loss 5.4");
            clock.addAndGet(5_000_000_000L);
            progress.reached(3, "");
            progress.reached(4, "loss 5.2");
        }

        assertEquals(List.of("training: 1/4, loss 5.5", "training: 3/4", "training: 4/4, loss 5.2"), lines());
    }

    @Test
    void onATerminalABarShowsTaskPositionAndNote() {
        var terminal = new Terminal(true, true, false, 100);
        try (Progress progress = Progress.start("training", 4, terminal, err)) {
            progress.reached(4, "loss 5.2");
        }

        String drawn = bytes.toString(StandardCharsets.UTF_8);
        assertTrue(drawn.contains("training"), drawn);
        assertTrue(drawn.contains("4/4"), drawn);
        assertTrue(drawn.contains("loss 5.2"), drawn);
    }

    private List<String> lines() {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
