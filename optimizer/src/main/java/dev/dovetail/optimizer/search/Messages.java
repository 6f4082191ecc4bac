package dev.dovetail.optimizer.search;

import java.util.List;

/**
 * What messages between the stages of a pipeline take.
 *
 * @param hops from each stage to the next, the last one's to the first; one where all take the same
 */
record Messages(List<Message> hops) {
    static final Messages NONE = alike(Message.NONE);

    static Messages alike(Message message) {
        return new Messages(List.of(message));
    }

    /** Between a stage and the next. */
    Message behind(int stage) {
        return hops.size() == 1 ? hops.getFirst() : hops.get(Math.floorMod(stage, hops.size()));
    }

    Message before(int stage) {
        return behind(stage - 1);
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
