package dev.dovetail.ir.reference;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;

/**
 * A tensor seen along one of its dims: so many times a row of {@code length} runs, each of neighbours in memory that share
 * their positions along it and along all dims before it.
 *
 * @param outer points of the dims before
 * @param length of the dim itself
 * @param run points of the dims behind
 */
public record Runs(int outer, int length, int run) {

    public static Runs along(TensorType type, String dim) {
        int outer = 1;
        int run = (int) type.elements();
        for (Dim each : type.dims()) {
            run /= (int) each.bound();
            if (each.name().equals(dim)) {
                return new Runs(outer, (int) each.bound(), run);
            }
            outer *= (int) each.bound();
        }
        throw new IllegalArgumentException("no dim " + dim + " in " + type);
    }

    /** Where a run begins. */
    public int at(int before, int position) {
        return (before * length + position) * run;
    }
}
