package dev.dovetail.optimizer.lower;

import dev.dovetail.optimizer.lower.PipelineOrder.Pass;

/**
 * What is alive of the two chunks of a rank in a V when the most is, counted pass by pass.
 *
 * @param chunks by chunk, all at the moment when most of a kind is alive over both: never more than the arena has room for
 */
record VShapedLive(Live[] chunks) {

    static VShapedLive of(PipelineOrder order) {
        // The steady state repeats: what is alive grows while the pipeline fills, and no longer.
        int enough = Math.min(order.microbatches(), 2 * order.stages() + 2);
        var first = new PipelineOrder(order.schedule(), order.stages(), order.chunks(), enough, order.stage());
        var forward = new Count();
        var whole = new Count();
        var between = new Count();
        for (Pass pass : first.passesInOrder()) {
            int chunk = pass.chunk();
            switch (pass.kind()) {
                case FORWARD -> {
                    forward.begins(chunk);
                    whole.begins(chunk);
                }
                case BACKWARD -> {
                    between.begins(chunk);
                    forward.ends(chunk);
                }
                case WEIGHT_GRADIENTS -> {
                    whole.ends(chunk);
                    between.ends(chunk);
                }
            }
        }
        var chunks = new Live[order.chunks()];
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            chunks[chunk] = new Live(forward.most[chunk], whole.most[chunk], between.most[chunk]);
        }
        return new VShapedLive(chunks);
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

    /** Passes that keep something, by chunk. */
    private static final class Count {
        private final int[] now = new int[2];
        private int[] most = new int[2];

        void begins(int chunk) {
            now[chunk]++;
            if (now[0] + now[1] > most[0] + most[1]) {
                most = now.clone();
            }
        }

        void ends(int chunk) {
            now[chunk]--;
        }
    }
}
