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

    /** Share of the ranks' time in which they do nothing. */
    public double idleShare() {
        Seconds step = length();
        Seconds idle = lanes.stream().map(lane -> lane.idle(step)).reduce(Seconds.ZERO, Seconds::plus);
        double available = step.value() * lanes.size();
        return available == 0 ? 0 : idle.value() / available;
    }
}
