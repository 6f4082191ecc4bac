package dev.dovetail.cli.validate.score;

import dev.dovetail.cli.validate.score.RowResult.Measured;
import java.util.List;
import java.util.Optional;

/**
 * What became of a table.
 *
 * @param quantity what its rows measure, in words
 * @param unit of the quantity
 * @param naive what the naive predictor is, in words
 * @param findings further lines: plans chosen, memory, bounds
 */
public record TableScore(
        String table, String quantity, String unit, String naive, List<RowResult> rows, List<String> findings) {

    public TableScore {
        rows = List.copyOf(rows);
        findings = List.copyOf(findings);
    }

    public Optional<Errors> errors() {
        return Errors.of(rows, RowResult::value);
    }

    public Optional<Errors> memoryErrors() {
        return Errors.of(rows, RowResult::memory);
    }

    /** The naive predictor on the rows that we predict too. */
    public Optional<Errors> naiveErrors() {
        return Errors.of(
                rows,
                row -> row.value().complete() ? new Measured(row.value().measured(), row.naive()) : Measured.NOTHING);
    }

    public int expressed() {
        return (int) rows.stream().filter(RowResult::expressed).count();
    }
}
