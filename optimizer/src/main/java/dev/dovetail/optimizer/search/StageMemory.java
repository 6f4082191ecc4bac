package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;

/** A quick account of what stages keep, to rule out plans that cannot fit before their arenas are laid out. */
record StageMemory(
        StageShares shares,
        LayerFigures[] figures,
        long streamBytes,
        Schedule schedule,
        int microbatches,
        Lacking lacking) {

    /**
     * Bytes that the fullest stage keeps at least.
     *
     * @param sequences that the saved bytes of the figures stand for
     * @param shardWays ranks that may still come to share the parameters' state
     * @param scratch whether the figures' scratch memory counts
     */
    long least(int sequences, int shardWays, boolean scratch) {
        long fullest = 0;
        for (int stage = 0; stage < shares.stages(); stage++) {
            long kept = lacking.on(stage) + state(stage) / shardWays + sequences * saved(stage);
            fullest = Math.max(fullest, kept + (scratch ? scratch(stage, sequences) : 0));
        }
        return fullest;
    }

    /** Without activations and scratch. */
    long leastState(int shardWays) {
        long fullest = 0;
        for (int stage = 0; stage < shares.stages(); stage++) {
            fullest = Math.max(fullest, lacking.on(stage) + state(stage) / shardWays);
        }
        return fullest;
    }

    private long state(int stage) {
        long bytes = 0;
        for (int kind = 0; kind < figures.length; kind++) {
            LayerFigures layer = figures[kind];
            bytes += shares.onStage(stage, kind) * layer.state();
        }
        return bytes;
    }

    /** What is alive before the first backward pass, when the most is. */
    private long saved(int stage) {
        Live[] live = new PipelineOrder(schedule, shares.stages(), shares.chunks(), microbatches, stage).live();
        long saved = 0;
        for (int chunk = 0; chunk < live.length; chunk++) {
            for (int kind = 0; kind < figures.length; kind++) {
                saved += shares.counts()[stage][chunk][kind]
                        * figures[kind].saved().of(live[chunk]);
            }
        }
        return saved;
    }

    /** Scratch of the passes that follow the head's may begin where the head's saved values were. */
    private long scratch(int stage, int sequences) {
        int head = figures.length - 1;
        long freed = shares.onStage(stage, head) > 0
                ? sequences * figures[head].saved().saved()
                : 0;
        long most = 0;
        for (int kind = 0; kind < figures.length; kind++) {
            if (shares.onStage(stage, kind) > 0) {
                long backward = figures[kind].backwardScratch() - (kind == head ? 0 : freed);
                most = Math.max(most, Math.max(figures[kind].forwardScratch(), backward));
            }
        }
        return 2 * streamBytes + most;
    }
}
