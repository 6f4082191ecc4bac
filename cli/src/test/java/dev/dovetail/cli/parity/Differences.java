package dev.dovetail.cli.parity;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How far a run is from the reference.
 *
 * @param loss largest relative difference of any step's loss
 * @param state largest relative distance of any weight, gradient or second moment after the first step
 */
record Differences(double loss, double state) {

    static Differences between(InProcessRun.Result reference, InProcessRun.Result run, double floor) {
        return new Differences(
                drift(reference.losses(), run.losses()),
                run.afterFirstStep().distance(reference.afterFirstStep(), floor));
    }

    static double drift(List<Double> reference, List<Double> losses) {
        double most = 0;
        for (int i = 0; i < reference.size(); i++) {
            double drift = Math.abs(losses.get(i) - reference.get(i)) / reference.get(i);
            if (Double.isNaN(drift)) {
                return drift;
            }
            most = Math.max(most, drift);
        }
        return most;
    }

    /** What is wrong with these bounds; empty if nothing is. */
    Optional<String> complaint(double lossBound, double stateBound) {
        // Written so that NaN is a complaint too.
        return loss <= lossBound && state <= stateBound
                ? Optional.empty()
                : Optional.of(String.format(Locale.ROOT, "losses differ by %.2e, state by %.2e", loss, state));
    }
}
