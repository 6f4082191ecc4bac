package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One core clock for every device of the plan: arithmetic slows with it, memory does not, and power falls faster. */
public final class FrequencyScaling implements Technique {
    public static final String NAME = "frequency";

    /** What devices without a list of clocks run at: whatever they do. */
    public static final int UNSET = 0;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String citation() {
        return "Chung et al. 2024, Perseus, arXiv:2312.06902";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.slowing(Decision.FREQUENCY, (problem, before) -> clocks(problem)));
    }

    /** Fastest first. Kinds of node that list different clocks each run at what they do. */
    public static List<Integer> clocks(Problem problem) {
        if (problem.job().cluster().mixed()) {
            return List.of(UNSET);
        }
        return problem.job()
                .cluster()
                .node()
                .device()
                .clocks()
                .map(FrequencyScaling::descending)
                .orElse(List.of(UNSET));
    }

    /** Of these the ones that a plan may set: what a spec fixes, or the fastest where it forbids to choose. */
    public static List<Integer> open(Problem problem) {
        List<Integer> all = clocks(problem);
        Optional<Integer> fixed = problem.fixed(Decision.FREQUENCY)
                .map(said -> Decision.FREQUENCY.parse().apply(said.value()));
        boolean forbidden = problem.forbids(new FrequencyScaling());
        return fixed.map(List::of).orElse(forbidden ? all.subList(0, 1) : all);
    }

    private static List<Integer> descending(Device.Clocks clocks) {
        var all = new ArrayList<Integer>();
        for (int mhz = clocks.highestMhz(); mhz >= clocks.lowestMhz(); mhz -= clocks.stepMhz()) {
            all.add(mhz);
        }
        return all;
    }

    @Override
    public Optional<Clash> clashOfFixed(Problem problem) {
        return problem.fixedAlone(Decision.FREQUENCY).flatMap(alone -> clash(problem, alone));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return decisions
                .find(Decision.FREQUENCY)
                .filter(mhz -> !clocks(problem).contains(mhz))
                .map(mhz -> Clash.of(
                        Decision.FREQUENCY.name(),
                        problem.job().cluster().node().device().name() + " has no clock of " + mhz + " MHz",
                        problem.job()
                                .cluster()
                                .node()
                                .device()
                                .clocks()
                                .map(c -> "it runs at " + c.lowestMhz() + " .. " + c.highestMhz() + " MHz in steps of "
                                        + c.stepMhz())
                                .orElse("its catalogue entry lists no clocks")));
    }
}
