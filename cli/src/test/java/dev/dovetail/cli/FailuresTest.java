package dev.dovetail.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.exchange.WeightFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailuresTest {
    private final CapturedContext captured = new CapturedContext();
    private final Failures failures = new Failures(captured.context());

    @Test
    void aMissingFileIsWrongInputAndNamed() {
        assertEquals(ExitStatus.WRONG_INPUT, failures.report(new NoSuchFileException("tiny.dove")));
        assertEquals(List.of("error: no such file: tiny.dove"), captured.err());
    }

    @Test
    void aWrappedMissingFileIsStillAMissingFile() {
        var wrapped = new UncheckedIOException(new NoSuchFileException("tiny.dove"));

        assertEquals(ExitStatus.WRONG_INPUT, failures.report(wrapped));
        assertEquals(List.of("error: no such file: tiny.dove"), captured.err());
    }

    @Test
    void aKnownFailureKeepsItsStatusAndShowsTheWayOut() {
        var failure = CommandFailure.of(ExitStatus.INFEASIBLE, "the model does not fit", "use more devices");

        assertEquals(ExitStatus.INFEASIBLE, failures.report(failure));
        assertEquals(List.of("error: the model does not fit", "  = help: use more devices"), captured.err());
    }

    /** Weights that are no numbers, a checkpoint of another model: no bug of ours. */
    @Test
    void whatARunWouldBeToldIsWrongInputOfACommand() {
        var failure = new WeightFileException("`a.weight` has a NaN at element 2", "fetch the file again");

        assertEquals(ExitStatus.WRONG_INPUT, failures.report(failure));
        assertEquals(
                List.of("error: `a.weight` has a NaN at element 2", "  = help: fetch the file again"), captured.err());
    }

    @Test
    void anInterruptionIsNotABug() {
        assertEquals(ExitStatus.INTERRUPTED, failures.report(new InterruptedException()));
    }

    @Test
    void anythingUnexpectedIsOurBugAndShowsWhere() {
        assertEquals(ExitStatus.BUG, failures.report(new IllegalStateException("stage 3 of 2")));
        assertTrue(captured.err().getFirst().startsWith("error: this is a bug in dovetail"));
        assertTrue(captured.err().get(1).contains("stage 3 of 2"));
    }

    @Test
    void aFullDiskIsNamedByTheFolderThatWasBeingFilled() {
        var folder = new OutputFolder(Path.of("out"));
        var failure = assertThrows(
                CommandFailure.class,
                () -> folder.fill(_ -> {
                    throw new IOException("No space left on device");
                }));

        assertEquals(ExitStatus.WRONG_INPUT, failures.report(failure));
        assertEquals(
                "error: `out` cannot be written: No space left on device",
                captured.err().getFirst());
        assertTrue(
                captured.err().get(1).startsWith("  = help: free space there"),
                captured.err().get(1));
    }

    @Test
    void aFailureThatNamesItsFileKeepsItsWords() {
        var folder = new OutputFolder(Path.of("out"));
        var failure = assertThrows(
                IOException.class,
                () -> folder.fill(_ -> {
                    throw new NoSuchFileException("tiny.dove");
                }));

        failures.report(failure);
        assertEquals(List.of("error: no such file: tiny.dove"), captured.err());
    }
}
