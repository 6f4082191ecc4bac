package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.score.Errors;
import dev.dovetail.cli.validate.score.RowResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a table says of predicted memory: how far off, how often too low, and who was told to fit that did not. */
final class MemoryFindings {
    private MemoryFindings() {}

    static List<String> of(List<RowResult> rows) {
        var findings = new ArrayList<String>();
        Errors.of(rows, RowResult::memory).ifPresent(errors -> {
            long below = rows.stream()
                    .filter(row -> row.memory().complete() && row.memory().error() < 0)
                    .count();
            findings.add(String.format(
                    Locale.ROOT,
                    "memory of the fullest device: %d rows, MAPE %.1f %%, bias %+.1f %%, below the measured peak on %.0f %%, worst %s %+.1f %%",
                    errors.rows(),
                    100 * errors.mape(),
                    100 * errors.bias(),
                    100.0 * below / errors.rows(),
                    errors.worst().id(),
                    100 * errors.worst().memory().error()));
        });
        List<RowResult> labelled = rows.stream()
                .filter(row ->
                        row.ranOut().isPresent() && row.memory().predicted().isPresent())
                .toList();
        long out = labelled.stream().filter(row -> row.ranOut().get()).count();
        long found = labelled.stream()
                .filter(row -> row.ranOut().get() && row.predictedToRunOut())
                .count();
        long falsely = labelled.stream()
                .filter(row -> !row.ranOut().get() && row.predictedToRunOut())
                .count();
        if (out > 0 || falsely > 0) {
            findings.add(String.format(
                    Locale.ROOT,
                    "out of memory: %d of %d rows right; of %d that ran, %d called out of memory",
                    found,
                    out,
                    labelled.size() - out,
                    falsely));
        }
        return findings;
    }
}
