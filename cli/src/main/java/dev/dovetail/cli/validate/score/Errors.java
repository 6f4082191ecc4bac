package dev.dovetail.cli.validate.score;

import dev.dovetail.cli.validate.score.RowResult.Measured;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * How far predictions are from measurements.
 *
 * @param rows compared
 * @param mape mean of |predicted / measured − 1|
 * @param bias mean of predicted / measured − 1
 * @param median of |predicted / measured − 1|
 * @param ninetieth percentile of the same
 * @param worst row
 */
public record Errors(int rows, double mape, double bias, double median, double ninetieth, RowResult worst) {

    /** Empty where no row has both figures. */
    public static Optional<Errors> of(List<RowResult> results, Function<RowResult, Measured> figure) {
        List<RowResult> compared =
                results.stream().filter(row -> figure.apply(row).complete()).toList();
        if (compared.isEmpty()) {
            return Optional.empty();
        }
        double[] sizes = compared.stream()
                .mapToDouble(row -> Math.abs(figure.apply(row).error()))
                .sorted()
                .toArray();
        return Optional.of(new Errors(
                sizes.length,
                mean(sizes),
                mean(compared.stream()
                        .mapToDouble(row -> figure.apply(row).error())
                        .toArray()),
                quantile(sizes, 0.5),
                quantile(sizes, 0.9),
                compared.stream()
                        .max(Comparator.comparingDouble(
                                row -> Math.abs(figure.apply(row).error())))
                        .orElseThrow()));
    }

    static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** Of ascending values, between neighbours in proportion. */
    static double quantile(double[] ascending, double share) {
        double at = share * (ascending.length - 1);
        int below = (int) Math.floor(at);
        int above = Math.min(below + 1, ascending.length - 1);
        return ascending[below] + (at - below) * (ascending[above] - ascending[below]);
    }
}
