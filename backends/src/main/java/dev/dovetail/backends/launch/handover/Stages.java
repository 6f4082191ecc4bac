package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import java.util.Collections;
import java.util.List;

/**
 * How layers are cut into virtual stages, and in which order a rank visits them.
 *
 * @param layers of each virtual stage, in the order of the model
 * @param virtual stages of each rank
 */
record Stages(List<Integer> layers, int virtual, Schedule schedule) {

    static Stages of(Decided decided, UniformDecoder model, Placement placement) {
        int virtual = decided.get(Decision.INTERLEAVE);
        int count = placement.pipeline() * virtual;
        List<Integer> layers = decided.find(Decision.STAGES).orElseGet(() -> even(decided, model.layers(), count));
        if (layers.size() != count || layers.stream().mapToInt(n -> n).sum() != model.layers()) {
            throw new IllegalStateException(layers + " are no " + count + " stages of " + model.layers() + " layers");
        }
        return new Stages(layers, virtual, decided.get(Decision.SCHEDULE));
    }

    private static List<Integer> even(Decided decided, int layers, int count) {
        if (layers % count != 0) {
            throw decided.refusal(
                    Decision.PIPELINE,
                    layers + " layers are no multiple of " + count
                            + " stages, and the plan does not say how they are cut");
        }
        return Collections.nCopies(count, layers / count);
    }

    boolean isEven() {
        return layers.stream().distinct().count() == 1;
    }
}
