package dev.dovetail.ir.plan;

import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import java.util.Locale;
import java.util.Optional;

/**
 * All steps of a job, as an estimate.
 *
 * @param elapsed with what failures and checkpoints take, where the cluster says how often nodes fail
 * @param energy of the time elapsed, as are money and carbon: ranks that wait or repeat work are taken to draw as much
 */
public record WholeRun(
        long steps, Seconds elapsed, Joules energy, Dollars cost, GramsOfCarbon carbon, Optional<Goodput> goodput) {

    /** How long and what for, in one line; figures that the hardware's description cannot give are left out. */
    @Override
    public String toString() {
        var words = new StringBuilder(String.format(Locale.ROOT, "%,d steps in %s", steps, elapsed));
        if (energy.value() > 0) {
            words.append(", ").append(energy);
        }
        if (cost.value() > 0) {
            words.append(String.format(Locale.ROOT, ", %,.0f USD", cost.value()));
        }
        if (carbon.value() > 0) {
            words.append(", ").append(carbon);
        }
        return words.toString();
    }
}
