package dev.dovetail.backends.java;

import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Start;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a training job is, apart from what its ranks compute.
 *
 * @param fingerprint of everything that changes the loss curve, and of nothing else; a checkpoint is resumed under it
 * @param steps to run in all
 * @param batch sequences in the global batch
 * @param seed of weights and data
 * @param optimizer rates and decays
 * @param checkpointEvery steps between checkpoints; 0 saves at the end alone
 * @param checkpointsKept how many of the newest stay
 * @param evaluationBatches global batches of held-out text that are judged at the end
 * @param workers threads of each rank
 * @param starts runs whose last weights this one starts from
 * @param ahead whether ranks write batches down beside the step before
 * @param pictures what a diffusion model trains on; empty for text
 * @param shown the pictures of a model that says something of them
 */
public record JobFacts(
        String name,
        String fingerprint,
        long steps,
        int batch,
        long seed,
        OptimizerSettings optimizer,
        DataSource data,
        long checkpointEvery,
        int checkpointsKept,
        int evaluationBatches,
        int workers,
        Optional<PredictedStep> prediction,
        List<Start> starts,
        boolean ahead,
        Optional<Latent> pictures,
        Optional<Shown> shown) {

    /**
     * Pictures that a model is shown.
     *
     * @param classes of pictures
     * @param rows places of its text that a picture takes; 0 where the class is a number
     */
    public record Shown(Signal.Picture picture, int classes, int rows) {
        /** The digits of the decimal system. */
        private static final int NAMED = 10;

        /** What the model takes, where it takes pictures. */
        public static Optional<Shown> of(ModelDefinition model) {
            Optional<Source> source = model.ends().source().filter(Source::joined);
            Optional<Signal> signal =
                    source.map(Source::encoder).orElse(model).ends().signal();
            int classes = model.ends().head() instanceof Head.Classes head ? head.count() : NAMED;
            return signal.filter(Signal.Picture.class::isInstance)
                    .map(Signal.Picture.class::cast)
                    .map(picture ->
                            new Shown(picture, classes, source.map(Source::rows).orElse(0)));
        }
    }

    /** A job on text that starts from random weights. */
    public JobFacts(
            String name,
            String fingerprint,
            long steps,
            int batch,
            long seed,
            OptimizerSettings optimizer,
            DataSource data,
            long checkpointEvery,
            int checkpointsKept,
            int evaluationBatches,
            int workers,
            Optional<PredictedStep> prediction) {
        this(
                name,
                fingerprint,
                steps,
                batch,
                seed,
                optimizer,
                data,
                checkpointEvery,
                checkpointsKept,
                evaluationBatches,
                workers,
                prediction,
                List.of(),
                false,
                Optional.empty(),
                Optional.empty());
    }

    /**
     * What the plan says about one step.
     *
     * @param seconds of the step
     * @param memoryBytes of the rank that needs most
     * @param breakdownSeconds parts of the step by the plan's names
     */
    public record PredictedStep(double seconds, long memoryBytes, Map<String, Double> breakdownSeconds) {
        public PredictedStep {
            breakdownSeconds = Collections.unmodifiableMap(new LinkedHashMap<>(breakdownSeconds));
        }
    }
}
