package dev.dovetail.cli.calibrate;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.MachineProfile.Ceiling;
import dev.dovetail.ir.calibration.MachineProfile.Conditions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Tells whether a machine had other things to do while it was measured. */
final class Disturbance {
    private Disturbance() {}

    /**
     * @param timings of all kernels
     * @param before multiply-add peaks before the first kernel
     * @param after those after the last, in the same order
     */
    static Conditions of(List<Timing> timings, List<Ceiling> before, List<Ceiling> after) {
        double drift = 0;
        for (int i = 0; i < before.size(); i++) {
            double first = before.get(i).flopsPerSecond();
            double last = after.get(i).flopsPerSecond();
            drift = Math.max(drift, Math.abs(first - last) / Math.max(first, last));
        }
        return new Conditions(
                Medians.of(timings.stream().map(Timing::othersShare).toList()), drift);
    }

    /** What a person should know of a profile that was not taken in peace. */
    static Optional<String> warning(MachineProfile profile) {
        Conditions conditions = profile.conditions();
        if (conditions.quiet()) {
            return Optional.empty();
        }
        var reasons = new ArrayList<String>();
        if (conditions.busy()) {
            reasons.add(String.format(
                    Locale.ROOT, "other programs had its cores %.0f %% of the time", 100 * conditions.othersShare()));
        }
        if (conditions.unsteady()) {
            reasons.add(
                    String.format(Locale.ROOT, "its multiply-add peak moved by %.0f %%", 100 * conditions.peakDrift()));
        }
        return Optional.of("warning: while this machine was measured, " + String.join(" and ", reasons)
                + ", so predictions for it may be off; `dovetail calibrate` measures it again");
    }
}
