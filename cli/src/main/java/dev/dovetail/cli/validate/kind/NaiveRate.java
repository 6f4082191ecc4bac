package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.score.RowResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The predictor without physics for single operations: the median rate of the table's other rows. */
final class NaiveRate {
    private NaiveRate() {}

    /** @param amounts of work by row: FLOPs or bytes; NaN where unknown */
    static List<RowResult> add(List<RowResult> results, double[] amounts) {
        var rates = new ArrayList<Double>();
        for (int i = 0; i < amounts.length; i++) {
            if (counts(results.get(i), amounts[i])) {
                rates.add(amounts[i] / results.get(i).value().measured().getAsDouble());
            }
        }
        double[] sorted =
                rates.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        var with = new ArrayList<RowResult>();
        for (int i = 0; i < amounts.length; i++) {
            boolean possible = counts(results.get(i), amounts[i]) && sorted.length > 1;
            with.add(
                    possible
                            ? results.get(i)
                                    .withNaive(amounts[i]
                                            / medianWithout(
                                                    sorted,
                                                    amounts[i]
                                                            / results.get(i)
                                                                    .value()
                                                                    .measured()
                                                                    .getAsDouble()))
                            : results.get(i));
        }
        return with;
    }

    private static boolean counts(RowResult result, double amount) {
        return amount > 0 && result.value().complete();
    }

    /** The median of ascending values once one of them is taken out. */
    private static double medianWithout(double[] sorted, double value) {
        int place = Math.max(0, Arrays.binarySearch(sorted, value));
        int left = sorted.length - 1;
        double upper = without(sorted, place, left / 2);
        return left % 2 == 1 ? upper : (upper + without(sorted, place, left / 2 - 1)) / 2;
    }

    private static double without(double[] sorted, int place, int index) {
        return sorted[index < place ? index : index + 1];
    }
}
