package dev.dovetail.cli.validate.score;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Error bars from what was measured elsewhere: a table's bars hold four fifths of measured / predicted in the other tables of
 * its quantity, each of which counts alike however many rows it has. No row is judged by its own table.
 *
 * @param low factor on a prediction that one in ten measurements stays below
 * @param high factor that one in ten exceeds
 */
public record ErrorBars(double low, double high) {
    /** Bars where no other table measures the quantity: nothing is known. */
    private static final ErrorBars UNKNOWN = new ErrorBars(0, Double.POSITIVE_INFINITY);

    private static final double TAIL = 0.1;

    /** Quantiles taken of each table, so that all weigh alike. */
    private static final int SAMPLES = 21;

    public static ErrorBars of(TableScore table, List<TableScore> all) {
        var ratios = new ArrayList<Double>();
        all.stream()
                .filter(other -> !other.table().equals(table.table()))
                .filter(other -> other.quantity().equals(table.quantity()))
                .forEach(other -> ratios.addAll(sample(other)));
        if (ratios.isEmpty()) {
            return UNKNOWN;
        }
        double[] sorted = ascending(ratios);
        return new ErrorBars(Errors.quantile(sorted, TAIL), Errors.quantile(sorted, 1 - TAIL));
    }

    private static List<Double> sample(TableScore table) {
        double[] ratios = ascending(table.rows().stream()
                .filter(row -> row.value().complete())
                .map(row -> 1 / (1 + row.value().error()))
                .toList());
        var sample = new ArrayList<Double>();
        for (int i = 0; i < SAMPLES && ratios.length > 0; i++) {
            sample.add(Errors.quantile(ratios, i / (SAMPLES - 1.0)));
        }
        return sample;
    }

    private static double[] ascending(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    /** Whether a row's measurement lies inside. */
    public boolean hold(RowResult row) {
        double ratio = 1 / (1 + row.value().error());
        return ratio >= low && ratio <= high;
    }

    public boolean known() {
        return high < Double.POSITIVE_INFINITY;
    }
}
