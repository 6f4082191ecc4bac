package dev.dovetail.optimizer.search;

import dev.dovetail.optimizer.lower.StagePlacement;
import java.util.List;

/**
 * What messages between the stages of a pipeline take.
 *
 * @param hops from each stage to the next, the last one's to the first; one where all take the same
 * @param toSelf from a stage to itself
 */
record Messages(List<Message> hops, Message toSelf) {
    static final Messages NONE = alike(Message.NONE, Message.NONE);

    static Messages alike(Message message, Message toSelf) {
        return new Messages(List.of(message), toSelf);
    }

    /** Between a stage and the next. */
    private Message behind(int stage) {
        return hops.size() == 1 ? hops.getFirst() : hops.get(Math.floorMod(stage, hops.size()));
    }

    /** Between a virtual stage and the next. */
    Message behind(StagePlacement placement, int virtual) {
        int from = placement.stage(virtual);
        int to = placement.stage(virtual + 1);
        return from == to ? toSelf : behind(placement.isV() ? Math.min(from, to) : from);
    }

    /** No message takes less. */
    Message least() {
        return hops.stream().reduce(Message::least).orElseThrow();
    }

    /** By stage: from the end of a pass until what it sends to the next stage is there, and as long back. */
    double[] flights(int stages) {
        double[] flights = new double[stages];
        for (int stage = 0; stage < stages; stage++) {
            flights[stage] = behind(stage).flight();
        }
        return flights;
    }
}
