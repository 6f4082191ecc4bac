package dev.dovetail.runtime.train;

import dev.dovetail.runtime.data.Corpus;
import dev.dovetail.runtime.data.WindowBatch;
import dev.dovetail.runtime.data.Windows;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.StepInputs;

/** Which windows of the text a rank sees in which step, and what its gradients are scaled by. */
final class BatchPlan {
    private final TrainingJob job;
    private final Corpus corpus;
    private final Position position;
    private final boolean meanOfMeans;

    /** @param meanOfMeans plants the fault of that name */
    BatchPlan(TrainingJob job, Corpus corpus, Position position, boolean meanOfMeans) {
        this.job = job;
        this.corpus = corpus;
        this.position = position;
        this.meanOfMeans = meanOfMeans;
    }

    /**
     * @param step decides the learning rate
     * @param dataStep decides the text; the same unless a fault is planted
     */
    StepInputs training(long step, long dataStep) {
        return inputs(step, Windows.random(corpus.training(), job.sequence(), job.seed(), dataStep, job.batch()));
    }

    /** Batch number {@code batch} of the held-out windows. */
    StepInputs heldOut(int batch) {
        Windows all = heldOutWindows();
        long before = (long) batch * job.batch();
        return inputs(
                batch, new Windows(all.text(), all.sequence(), i -> all.starts().applyAsLong(before + i)));
    }

    Windows heldOutWindows() {
        return Windows.even(corpus.heldOut(), job.sequence(), heldOutCount());
    }

    long heldOutCount() {
        return (long) job.evaluationBatches() * job.batch();
    }

    private StepInputs inputs(long step, Windows windows) {
        StepInputs.Batch batch = new WindowBatch(
                        windows, job.firstSequence(position), job.share(position), job.microbatch())
                .stretch(job.firstToken(position), job.tokens());
        return new StepInputs(step, job.learningRate().at(step), lossScale(), job.microbatches(), batch);
    }

    private double lossScale() {
        if (meanOfMeans) {
            long own = (long) job.share(position) * job.sequence();
            return 1.0 / (own * job.mesh().size(Axis.DATA));
        }
        return 1.0 / job.tokensPerStep();
    }
}
