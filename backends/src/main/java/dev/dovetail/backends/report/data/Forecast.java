package dev.dovetail.backends.report.data;

import dev.dovetail.ir.plan.ErrorBars;
import dev.dovetail.ir.plan.WholeRun;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the cost model says of one training step; every figure is an estimate.
 *
 * @param mfu model FLOPs over what the devices could do at their peak; absent where no peak is known
 * @param bubble share of the ranks' time that the pipeline's fill and drain leave idle
 * @param memory of the fullest rank
 * @param limit what a rank may hold
 * @param breakdown the parts that make up {@code step}, by the names of the plan: {@code compute}, {@code tensor_comm} …
 * @param bars what published runs make of {@code step} and {@code memory}
 * @param run all steps of the job, where it says how many
 */
public record Forecast(
        Seconds step,
        double tokensPerSecond,
        Optional<Double> mfu,
        double bubble,
        Bytes memory,
        Optional<Bytes> limit,
        Optional<Joules> energy,
        Optional<Dollars> money,
        Optional<GramsOfCarbon> carbon,
        Map<String, Seconds> breakdown,
        Optional<ErrorBars> bars,
        Optional<WholeRun> run) {

    public Forecast {
        breakdown = Collections.unmodifiableMap(new LinkedHashMap<>(breakdown));
    }
}
