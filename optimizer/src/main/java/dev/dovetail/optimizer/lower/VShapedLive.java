package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision.Schedule;

/**
 * What is alive of the two chunks of a rank in a V when the most is. Once the pipeline is full the steady state repeats, and no
 * more is alive in it: a search asks this of very many plans, so nothing is counted pass by pass.
 *
 * @param chunks by chunk, all at the moment when most of a kind is alive over both: never more than the arena has room for
 */
record VShapedLive(Live[] chunks) {

    static VShapedLive of(PipelineOrder order) {
        int stage = order.stage();
        boolean dualPipe = order.schedule() == Schedule.DUALPIPE_V;
        int there = Math.min(order.microbatches(), 2 * order.stages() - stage - (dualPipe ? 0 : 1));
        int back = Math.min(order.microbatches(), stage + 1);
        // Of fewer micro-batches than fill the pipeline one is between its halves at least, some more.
        boolean fills = order.microbatches() >= 2 * order.stages();
        int between = fills ? (dualPipe ? stage / 2 : stage) + 1 : 1;
        int betweenBack = fills ? (dualPipe ? (stage + 1) / 2 : stage) : 0;
        return new VShapedLive(new Live[] {new Live(there, there, between), new Live(back, back, betweenBack)});
    }

    /** Passes over both chunks. */
    Live all() {
        return new Live(
                chunks[0].forward() + chunks[1].forward(),
                chunks[0].whole() + chunks[1].whole(),
                chunks[0].between() + chunks[1].between());
    }

    /** Micro-batches of either chunk at least. */
    Live ofEach() {
        return new Live(
                Math.min(chunks[0].forward(), chunks[1].forward()),
                Math.min(chunks[0].whole(), chunks[1].whole()),
                Math.min(chunks[0].between(), chunks[1].between()));
    }
}
