package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.lower.Beside;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.StageLayout;
import dev.dovetail.optimizer.technique.Offloading;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;

/** What the stages of a complete plan take, byte by byte as its buffers are laid out. */
final class PlanMemory {
    private final TrainJob job;
    private final LayerFigureCache layers;
    private final PlanReading reading;
    private final Map<Decisions, Long> memories = new HashMap<>();

    PlanMemory(TrainJob job, LayerFigureCache layers, PlanReading reading) {
        this.job = job;
        this.layers = layers;
        this.reading = reading;
    }

    long of(Decisions complete) {
        return upTo(Long.MAX_VALUE, complete);
    }

    /** Bytes of the fullest stage; of the first that takes more than {@code limit}, where one does. */
    long upTo(long limit, Decisions complete) {
        Decisions atAnyClock = InputPace.without(complete.with(Decision.FREQUENCY, 0));
        Long known = memories.get(atAnyClock);
        if (known != null) {
            return known;
        }
        IntToLongFunction bytes = ofStages(complete);
        long fullest = 0;
        for (int stage = 0; stage < complete.get(Decision.PIPELINE); stage++) {
            fullest = Math.max(fullest, bytes.applyAsLong(stage));
            if (fullest > limit) {
                return fullest;
            }
        }
        memories.put(atAnyClock, fullest);
        return fullest;
    }

    /** By stage, as if all devices were the roomiest. */
    private IntToLongFunction ofStages(Decisions complete) {
        IntToLongFunction bytes = ofLayouts(complete);
        Lacking less = reading.lacking(complete);
        return stage -> {
            long own = bytes.applyAsLong(stage);
            return own == Long.MAX_VALUE ? own : own + less.on(stage);
        };
    }

    /** By stage: more than any device has where slower memory has no room for what should lie there. */
    IntToLongFunction ofLayouts(Decisions complete) {
        IntFunction<StageLayout> layouts = LowerPlan.layouts(job, complete, layers.layers());
        long room = Offloading.room(job.cluster().node(), Beside.of(complete).tier())
                .count();
        return stage -> {
            StageLayout layout = layouts.apply(stage);
            return layout.besideBytes() <= room ? layout.arenaBytes() : Long.MAX_VALUE;
        };
    }
}
