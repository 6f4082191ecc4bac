package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Seconds;

/**
 * One activity of one rank.
 *
 * @param begin from the start of the step
 * @param microbatch the micro-batch it serves; -1 where it serves none
 * @param stage virtual stage on its rank
 * @param detail what a reader wants to know beyond the activity, such as the name of a body; may be empty
 */
public record Slice(Activity activity, Seconds begin, Seconds end, int microbatch, int stage, String detail) {

    public Slice {
        if (end.compareTo(begin) < 0) {
            throw new IllegalArgumentException(activity + " ends at " + end + ", before it begins at " + begin);
        }
    }

    public Seconds duration() {
        return end.minus(begin);
    }
}
