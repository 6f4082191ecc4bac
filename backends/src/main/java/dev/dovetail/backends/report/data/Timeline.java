package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Seconds;
import java.util.List;

/** Ranks over the time of one step. */
public record Timeline(Provenance provenance, List<Lane> lanes) {

    public Timeline {
        lanes = List.copyOf(lanes);
    }

    public Seconds length() {
        return lanes.stream().map(Lane::end).reduce(Seconds.ZERO, Seconds::max);
    }

    /** Share of the ranks' time in which they do nothing; of a measured step, with waiting for what they receive. */
    public double waitingShare() {
        Seconds step = length();
        Seconds idle = lanes.stream().map(lane -> waiting(lane, step)).reduce(Seconds.ZERO, Seconds::plus);
        double available = step.value() * lanes.size();
        return available == 0 ? 0 : idle.value() / available;
    }

    private Seconds waiting(Lane lane, Seconds step) {
        Seconds received = lane.busy().getOrDefault(Activity.RECEIVE, Seconds.ZERO);
        return provenance == Provenance.MEASURED ? lane.idle(step).plus(received) : lane.idle(step);
    }
}
