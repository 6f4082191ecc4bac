package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredTable;
import java.util.function.IntConsumer;

/** A form of table, told by its columns, and how its rows are predicted. */
public interface TableKind {

    boolean reads(MeasuredTable table);

    /**
     * Predicts every row; a row that cannot be is in the score with its reason.
     *
     * @param progress told how many rows are done
     */
    TableScore score(MeasuredTable table, Tools tools, IntConsumer progress);
}
