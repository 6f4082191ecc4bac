package dev.dovetail.ir.plan;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;

/**
 * How far off the predictions of plans like this one were, as factors on what is predicted: four of five published measurements lie
 * inside.
 */
public record ErrorBars(Range step, Range memory) {

    /** One in ten measurements is below {@code low} times its prediction, one in ten above {@code high} times. */
    public record Range(double low, double high) {
        /** In words, around a predicted time. */
        public String around(Seconds predicted) {
            return predicted.times(low) + " to " + predicted.times(high);
        }

        /** In words, around predicted bytes. */
        public String around(Bytes predicted) {
            return Bytes.of(Math.round(predicted.count() * low)) + " to "
                    + Bytes.of(Math.round(predicted.count() * high));
        }
    }
}
