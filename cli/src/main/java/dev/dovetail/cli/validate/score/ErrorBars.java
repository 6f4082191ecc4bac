package dev.dovetail.cli.validate.score;

import dev.dovetail.cli.validate.score.RowResult.Measured;
import dev.dovetail.ir.plan.ErrorBars.Range;
import dev.dovetail.optimizer.accuracy.PublishedErrors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Error bars from what was measured elsewhere: a table's bars are to hold four fifths of its measured / predicted, as the other tables
 * of its quantity foretell, each of which counts alike however many rows it has. No row is judged by its own table.
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

    /** A single other table says how far off predictions may be, not to which side. */
    public static ErrorBars of(TableScore table, List<TableScore> all) {
        List<TableScore> others = all.stream()
                .filter(other -> !other.table().equals(table.table()))
                .filter(other -> other.quantity().equals(table.quantity()))
                .filter(other -> other.errors().isPresent())
                .toList();
        ErrorBars bars = holding(others.stream(), table.quantity(), RowResult::value);
        return others.size() == 1 ? bars.eitherWay() : bars;
    }

    private ErrorBars eitherWay() {
        double factor = Math.max(high, 1 / low);
        return new ErrorBars(1 / factor, factor);
    }

    /** Of every table, for predictions of what none of them holds: by quantity, and of the memory of those that measure it. */
    public static Map<String, Range> published(List<TableScore> all) {
        var published = new TreeMap<String, Range>();
        all.stream()
                .map(TableScore::quantity)
                .distinct()
                .forEach(quantity ->
                        holding(all.stream(), quantity, RowResult::value).addTo(published, quantity));
        holding(all.stream(), PublishedErrors.STEP, RowResult::memory).addTo(published, PublishedErrors.MEMORY);
        return published;
    }

    private void addTo(Map<String, Range> published, String quantity) {
        if (known()) {
            published.put(quantity, new Range(low, high));
        }
    }

    private static ErrorBars holding(Stream<TableScore> tables, String quantity, Function<RowResult, Measured> figure) {
        List<List<Double>> samples = tables.filter(table -> table.quantity().equals(quantity))
                .map(table -> sample(table, figure))
                .filter(ratios -> !ratios.isEmpty())
                .toList();
        if (samples.isEmpty()) {
            return UNKNOWN;
        }
        double[] sorted = ascending(samples.stream().flatMap(List::stream).toList());
        double tail = tail(samples.size());
        return new ErrorBars(Errors.quantile(sorted, tail), Errors.quantile(sorted, 1 - tail));
    }

    /**
     * Share of what is known that may lie beyond a bar, for a share {@link #TAIL} of a table that is not known to: the next of n tables
     * is as likely the most extreme of n + 1 as any (Lee, Barber and Willett 2023, arXiv:2306.06342).
     */
    private static double tail(int tables) {
        return Math.max(0, 1 - (1 - TAIL) * (tables + 1) / tables);
    }

    private static List<Double> sample(TableScore table, Function<RowResult, Measured> figure) {
        double[] ratios = ascending(table.rows().stream()
                .map(figure)
                .filter(Measured::complete)
                .map(value -> 1 / (1 + value.error()))
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
