package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Each rank runs several thin virtual stages instead of one thick one: the bubble shrinks by their number, traffic grows. */
public final class Interleaving implements Technique {

    @Override
    public String name() {
        return "interleave";
    }

    @Override
    public String citation() {
        return "Narayanan et al. 2021, arXiv:2104.04473, section 2.2";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(Decision.INTERLEAVE, Interleaving::worthTrying));
    }

    /**
     * Virtual stages of a rank tried at most; a spec may fix more. They leave a 64th of the bubble: of a step that waits a quarter of
     * its time without them, less than half a percent. Each adds messages.
     */
    private static final int MOST = 64;

    private static List<Integer> worthTrying(Problem problem, Decisions before) {
        int stages = before.get(Decision.PIPELINE);
        int most = stages == 1 ? 1 : Math.min(MOST, problem.blocks() / stages);
        return IntStream.rangeClosed(1, Math.max(1, most)).boxed().toList();
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        int virtual = decisions.find(Decision.INTERLEAVE).orElse(1);
        if (virtual == 1 || decisions.find(Decision.PIPELINE).isEmpty()) {
            return Optional.empty();
        }
        int stages = decisions.get(Decision.PIPELINE);
        if (stages == 1) {
            return Optional.of(Clash.of(
                            Decision.INTERLEAVE.name(),
                            "interleave " + virtual + " needs a pipeline",
                            "virtual stages of one rank have no neighbour to overlap with")
                    .with(problem.origin(Decision.PIPELINE), "pipeline is 1 here"));
        }
        int layers = problem.blocks();
        return (long) stages * virtual <= layers
                ? Optional.empty()
                : Optional.of(Clash.of(
                                Decision.INTERLEAVE.name(),
                                "pipeline " + stages + " x interleave " + virtual + " makes " + (long) stages * virtual
                                        + " virtual stages of " + layers + " layers",
                                "each virtual stage runs at least one layer")
                        .with(problem.origin(Decision.PIPELINE), "pipeline is " + stages + " here")
                        .help("use interleave " + layers / stages + " or less"));
    }
}
