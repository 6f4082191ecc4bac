package dev.dovetail.ir.job;

import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Set;

/**
 * What is done to each sample before a model trains on it, step after step, and where it may be done.
 *
 * @param stored bytes of a sample as it lies in storage
 * @param receive time that a worker's core spends on taking in a sample that was prepared elsewhere
 * @param places that the spec allows beside the worker itself
 */
public record Preparation(List<Step> steps, Bytes stored, Seconds receive, Set<Prepare> places, Origin origin) {

    /**
     * One operation on a sample.
     *
     * @param takes time of one core
     * @param leaves bytes of the sample behind it
     */
    public record Step(String name, Seconds takes, Bytes leaves) {}

    public Preparation {
        steps = List.copyOf(steps);
        places = Set.copyOf(places);
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("a preparation has a step at least");
        }
    }

    /** Time of one core for the steps from {@code from} on and before {@code to}. */
    public Seconds takes(int from, int to) {
        return steps.subList(from, to).stream().map(Step::takes).reduce(Seconds.ZERO, Seconds::plus);
    }

    public Seconds takes() {
        return takes(0, steps.size());
    }

    /** Bytes of a sample behind its first {@code done} steps. */
    public Bytes bytesBehind(int done) {
        return done == 0 ? stored : steps.get(done - 1).leaves();
    }
}
