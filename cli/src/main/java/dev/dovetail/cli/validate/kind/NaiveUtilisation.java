package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.score.RowResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The predictor without physics: every plan runs at the median utilisation of the table's other rows. */
final class NaiveUtilisation {
    /**
     * @param flops of the step, without recomputation
     * @param peak of all devices, FLOPs a second
     */
    record Work(double flops, double peak) {
        double fastest() {
            return flops / peak;
        }
    }

    private NaiveUtilisation() {}

    static List<RowResult> add(List<RowResult> results, List<Optional<Work>> works) {
        var with = new ArrayList<RowResult>();
        for (int i = 0; i < results.size(); i++) {
            double[] others = utilisations(results, works, i);
            boolean possible = others.length > 0 && works.get(i).isPresent();
            with.add(
                    possible
                            ? results.get(i).withNaive(works.get(i).get().fastest() / Medians.of(others))
                            : results.get(i));
        }
        return with;
    }

    private static double[] utilisations(List<RowResult> results, List<Optional<Work>> works, int but) {
        var all = new ArrayList<Double>();
        for (int i = 0; i < results.size(); i++) {
            boolean counts = i != but
                    && works.get(i).isPresent()
                    && results.get(i).value().measured().isPresent();
            if (counts) {
                all.add(works.get(i).get().fastest()
                        / results.get(i).value().measured().getAsDouble());
            }
        }
        return all.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
