package dev.dovetail.ir.program;

import dev.dovetail.ir.plan.Decision;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The ranks of one pipeline stage: they run the same code and differ only in their data and tensor coordinates.
 *
 * @param stage coordinate along the pipeline axis
 * @param arenaBytes size of the arena: the solved peak
 * @param memory the peak's parts; workspace and activations are those alive at the peak
 * @param persistent regions that live from start to end: parameters, gradients, optimizer state
 * @param bodies what the schedules call
 * @param step one training step
 * @param evaluate the forward half alone, recording the loss
 * @param state what a checkpoint holds
 * @param far memory beside the arena
 */
public record RankClass(
        String name,
        int stage,
        long arenaBytes,
        Map<MemoryPart, Long> memory,
        List<Buffer> persistent,
        List<Body> bodies,
        Schedule step,
        Schedule evaluate,
        List<StateEntry> state,
        Far far) {

    /**
     * Slower memory whose addresses follow those of the arena; what lies there is moved into the arena to be used.
     *
     * @param tier what holds it
     * @param bytes 0 where there is none
     */
    public record Far(Decision.Tier tier, long bytes) {
        public static final Far NONE = new Far(Decision.Tier.HOST, 0);
    }

    /** A rank whose arena is all it has. */
    public RankClass(
            String name,
            int stage,
            long arenaBytes,
            Map<MemoryPart, Long> memory,
            List<Buffer> persistent,
            List<Body> bodies,
            Schedule step,
            Schedule evaluate,
            List<StateEntry> state) {
        this(name, stage, arenaBytes, memory, persistent, bodies, step, evaluate, state, Far.NONE);
    }

    /** Addresses of the arena and of what lies beside it. */
    public long reachableBytes() {
        return arenaBytes + far.bytes();
    }

    public RankClass {
        memory = Collections.unmodifiableMap(new LinkedHashMap<>(memory));
        persistent = List.copyOf(persistent);
        bodies = List.copyOf(bodies);
        state = List.copyOf(state);
    }

    public Body body(String bodyName) {
        return bodies.stream()
                .filter(body -> body.name().equals(bodyName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("stage " + stage + " has no body " + bodyName));
    }

    public RankClass withBodies(List<Body> called) {
        return new RankClass(name, stage, arenaBytes, memory, persistent, called, step, evaluate, state, far);
    }
}
