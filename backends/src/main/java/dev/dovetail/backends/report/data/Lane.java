package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Seconds;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What one rank did in one step, ordered by begin.
 *
 * @param name as a reader knows the rank: {@code stage 1, data 0}
 * @param stage its pipeline stage
 */
public record Lane(String name, int rank, int stage, List<Slice> slices) {

    public Lane {
        slices = slices.stream().sorted(Comparator.comparing(Slice::begin)).toList();
    }

    public Seconds end() {
        return slices.stream().map(Slice::end).reduce(Seconds.ZERO, Seconds::max);
    }

    /**
     * Time in each activity. Where two overlap, the one that began later counts: a send inside a backward pass is a send.
     */
    public Map<Activity, Seconds> busy() {
        var busy = new EnumMap<Activity, Seconds>(Activity.class);
        for (Slice piece : exclusive()) {
            busy.merge(piece.activity(), piece.duration(), Seconds::plus);
        }
        return busy;
    }

    /** Time in which the rank does nothing, out of a step of this length. */
    public Seconds idle(Seconds step) {
        return step.minus(busy().values().stream().reduce(Seconds.ZERO, Seconds::plus))
                .max(Seconds.ZERO);
    }

    private List<Slice> exclusive() {
        return new Flattening(slices).pieces();
    }
}
