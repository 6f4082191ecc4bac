package dev.dovetail.cli.validate.score;

import dev.dovetail.ir.units.Bytes;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A row with what was measured, what is predicted, and why if nothing is.
 *
 * @param value the quantity of the table, in the table's unit
 * @param naive what the naive predictor says; needs the table's other rows
 * @param memory of the fullest device, in bytes
 * @param account bytes of the predicted memory by what they are for
 * @param ranOut whether the row says that it ran out of memory; empty where it says nothing of memory
 * @param capacity of a device
 * @param group what plans of one choice share; empty where the row is no such plan
 * @param reason why there is no prediction, or what it assumes
 */
public record RowResult(
        String id,
        Measured value,
        OptionalDouble naive,
        Measured memory,
        Map<String, Long> account,
        Optional<Boolean> ranOut,
        Optional<Bytes> capacity,
        Optional<String> group,
        String reason) {

    /** A figure as measured and as predicted. */
    public record Measured(OptionalDouble measured, OptionalDouble predicted) {
        public static final Measured NOTHING = new Measured(OptionalDouble.empty(), OptionalDouble.empty());

        public boolean complete() {
            return measured.isPresent() && predicted.isPresent();
        }

        /** predicted / measured − 1. */
        public double error() {
            return predicted.getAsDouble() / measured.getAsDouble() - 1;
        }
    }

    /** A row without a prediction. */
    public static RowResult unexpressed(String id, OptionalDouble measured, String reason) {
        return new RowResult(
                id,
                new Measured(measured, OptionalDouble.empty()),
                OptionalDouble.empty(),
                Measured.NOTHING,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                reason);
    }

    /** A row of a table that measures one figure alone. */
    public static RowResult of(String id, double measured, double predicted, String reason) {
        return new RowResult(
                id,
                new Measured(OptionalDouble.of(measured), OptionalDouble.of(predicted)),
                OptionalDouble.empty(),
                Measured.NOTHING,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                reason);
    }

    public RowResult withNaive(double seconds) {
        return new RowResult(id, value, OptionalDouble.of(seconds), memory, account, ranOut, capacity, group, reason);
    }

    public boolean expressed() {
        return value.predicted().isPresent() || memory.predicted().isPresent();
    }

    /** Whether the plan would not fit, by our own account. */
    public boolean predictedToRunOut() {
        return capacity.isPresent()
                && memory.predicted().isPresent()
                && memory.predicted().getAsDouble() > capacity.get().count();
    }
}
