package dev.dovetail.runtime.train;

import dev.dovetail.runtime.data.BatchShare;
import dev.dovetail.runtime.data.DataSet;
import dev.dovetail.runtime.data.HeldOut;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.StepInputs;

/** Which part of the data a rank sees in which step, and what its gradients are scaled by. */
final class BatchPlan {
    private final TrainingJob job;
    private final DataSet data;
    private final BatchShare share;
    private final boolean meanOfMeans;

    /** @param meanOfMeans plants the fault of that name */
    BatchPlan(TrainingJob job, DataSet data, Position position, boolean meanOfMeans) {
        this.job = job;
        this.data = data;
        this.share = new BatchShare(
                job.batch(),
                job.sequence(),
                job.firstSequence(position),
                job.share(position),
                job.microbatch(),
                position.stretches(job.sequence()));
        this.meanOfMeans = meanOfMeans;
    }

    /**
     * @param step decides the learning rate
     * @param dataStep decides what is trained on; the same unless a fault is planted
     */
    StepInputs training(long step, long dataStep) {
        return inputs(step, data.training(share, job.seed(), dataStep));
    }

    /** Batch number {@code batch} of those held out. */
    StepInputs heldOut(int batch) {
        return inputs(batch, data.heldOut(share, job.seed(), batch, job.evaluationBatches()));
    }

    /** @param loss mean over all batches held out */
    HeldOut judged(double loss) {
        return data.judged(loss, BatchShare.whole(job.batch(), job.sequence()), job.evaluationBatches());
    }

    private StepInputs inputs(long step, StepInputs.Batch batch) {
        return new StepInputs(step, job.learningRate().at(step), lossScale(), job.microbatches(), batch);
    }

    private double lossScale() {
        if (meanOfMeans) {
            long own = (long) share.samples() * job.sequence();
            return 1.0 / (own * job.mesh().size(Axis.DATA));
        }
        return 1.0 / job.tokensPerStep();
    }
}
