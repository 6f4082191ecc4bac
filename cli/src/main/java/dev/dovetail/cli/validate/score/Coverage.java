package dev.dovetail.cli.validate.score;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How many of the rows that measure a quantity lie inside their error bars.
 *
 * @param rows with bars and a measurement
 */
public record Coverage(String quantity, long rows, long inside) {

    /** By quantity, in the order of their names; those without bars are left out. */
    public static List<Coverage> of(List<TableScore> scores) {
        var found = new ArrayList<Coverage>();
        scores.stream().map(TableScore::quantity).distinct().sorted().forEach(quantity -> {
            long rows = 0;
            long inside = 0;
            for (TableScore score : scores) {
                ErrorBars bars = ErrorBars.of(score, scores);
                if (score.quantity().equals(quantity) && bars.known()) {
                    for (RowResult row : score.rows()) {
                        rows += row.value().complete() ? 1 : 0;
                        inside += row.value().complete() && bars.hold(row) ? 1 : 0;
                    }
                }
            }
            if (rows > 0) {
                found.add(new Coverage(quantity, rows, inside));
            }
        });
        return found;
    }

    public double percent() {
        return 100.0 * inside / rows;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "error bars of %s: %.0f %% of %d rows lie inside", quantity, percent(), rows);
    }
}
