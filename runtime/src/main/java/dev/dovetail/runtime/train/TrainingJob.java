package dev.dovetail.runtime.train;

import dev.dovetail.runtime.collective.Chunks;
import dev.dovetail.runtime.data.DataSource;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.mesh.Position;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a training job is, apart from what its ranks compute.
 *
 * @param name as in the spec
 * @param fingerprint of everything that changes the loss curve; a checkpoint is resumed under the same one only
 * @param mesh the ranks
 * @param steps to run in all
 * @param batch sequences in the global batch; data ranks share them as evenly as whole sequences allow
 * @param microbatch sequences in one micro-batch of one data rank
 * @param sequence tokens in a sequence
 * @param seed of weights and data
 * @param learningRate by step
 * @param data the text
 * @param checkpointEvery steps between checkpoints; 0 saves at the end alone
 * @param checkpointsKept how many of the newest stay
 * @param evaluationBatches global batches of held-out text that are judged at the end; 0 for none
 * @param workers threads per rank
 * @param prediction of the plan
 * @param ahead whether batches are written down beside the step before the one that needs them
 * @param starts runs whose last weights this one starts from
 */
public record TrainingJob(
        String name,
        String fingerprint,
        Mesh mesh,
        long steps,
        int batch,
        int microbatch,
        int sequence,
        long seed,
        LearningRate learningRate,
        DataSource data,
        long checkpointEvery,
        int checkpointsKept,
        int evaluationBatches,
        int workers,
        Optional<Prediction> prediction,
        boolean ahead,
        List<Start> starts) {
    /**
     * A run whose last weights a job starts from.
     *
     * @param upcycled whether each expert starts as a copy of that run's feed-forward network
     */
    public record Start(Path folder, boolean upcycled) {}

    public TrainingJob {
        starts = List.copyOf(starts);
        if (steps < 0 || batch < 1 || microbatch < 1 || sequence < 1 || workers < 1 || checkpointEvery < 0) {
            throw new IllegalArgumentException("steps " + steps + ", batch " + batch + ", micro-batch " + microbatch
                    + ", sequence " + sequence + ", workers " + workers + ", checkpoint every " + checkpointEvery);
        }
        if (batch < mesh.replicas()) {
            throw new IllegalArgumentException(
                    "a batch of " + batch + " leaves some of " + mesh.replicas() + " data ranks without a sequence");
        }
    }

    /** A job that starts from random weights. */
    public TrainingJob(
            String name,
            String fingerprint,
            Mesh mesh,
            long steps,
            int batch,
            int microbatch,
            int sequence,
            long seed,
            LearningRate learningRate,
            DataSource data,
            long checkpointEvery,
            int checkpointsKept,
            int evaluationBatches,
            int workers,
            Optional<Prediction> prediction) {
        this(
                name,
                fingerprint,
                mesh,
                steps,
                batch,
                microbatch,
                sequence,
                seed,
                learningRate,
                data,
                checkpointEvery,
                checkpointsKept,
                evaluationBatches,
                workers,
                prediction,
                false,
                List.of());
    }

    /** Index in the global batch of the first sequence of this rank's data coordinate. */
    public long firstSequence(Position position) {
        return Chunks.start(batch, mesh.replicas(), replica(position));
    }

    /** Sequences of the global batch that this rank's data coordinate has. */
    public int share(Position position) {
        long end = Chunks.start(batch, mesh.replicas(), replica(position) + 1L);
        return (int) (end - firstSequence(position));
    }

    private long replica(Position position) {
        return position.coordinate(Axis.DATA) / mesh.context();
    }

    /** Micro-batches of every data rank, so that all meet in the same exchanges; where shares are smaller, the last are padded. */
    public int microbatches() {
        int largest = Math.ceilDiv(batch, mesh.replicas());
        return Math.ceilDiv(largest, microbatch);
    }

    /** Tokens of the whole global batch. */
    public long tokensPerStep() {
        return (long) batch * sequence;
    }

    public TrainingJob withSteps(long steps) {
        return with(steps, ahead, starts);
    }

    /** The same job, starting from the last weights of the run in {@code folder} too. */
    public TrainingJob startingFrom(Path folder) {
        return startingFrom(new Start(folder, false));
    }

    /** The same job, whose experts start as the feed-forward networks of the run in {@code folder}. */
    public TrainingJob upcycling(Path folder) {
        return startingFrom(new Start(folder, true));
    }

    private TrainingJob startingFrom(Start start) {
        var all = new ArrayList<>(starts);
        all.add(start);
        return with(steps, ahead, all);
    }

    /** The same job, its batches written down ahead. */
    public TrainingJob preparingAhead() {
        return with(steps, true, starts);
    }

    private TrainingJob with(long steps, boolean ahead, List<Start> starts) {
        return new TrainingJob(
                name,
                fingerprint,
                mesh,
                steps,
                batch,
                microbatch,
                sequence,
                seed,
                learningRate,
                data,
                checkpointEvery,
                checkpointsKept,
                evaluationBatches,
                workers,
                prediction,
                ahead,
                starts);
    }
}
