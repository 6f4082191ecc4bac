package dev.dovetail.backends.report.data;

import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run measured.
 *
 * @param status {@code finished}, {@code interrupted} or {@code running}
 * @param step median wall time of a warm step
 * @param memory the most a rank held at once
 * @param breakdown parts of the measured step, by the same names as the forecast's
 * @param sent what all ranks together sent in a step, by axis and kind of exchange
 * @param lossUnit what losses are told in
 * @param ranks each rank's memory
 * @param samples what the trained model made, where that was pictures
 */
public record Run(
        String status,
        Seconds step,
        double tokensPerSecond,
        Bytes memory,
        Map<String, Seconds> breakdown,
        Map<String, Sent> sent,
        String lossUnit,
        List<StepRow> steps,
        Optional<HeldOut> heldOut,
        List<RankMemory> ranks,
        Optional<Timeline> timeline,
        Optional<Samples> samples) {

    /** One training step. */
    public record StepRow(long step, double loss, double tokensPerSecond) {}

    /**
     * How well what was held out is predicted; less is better.
     *
     * @param predictors the model first, then what it is compared with
     */
    public record HeldOut(String unit, List<Predictor> predictors) {
        public HeldOut {
            predictors = List.copyOf(predictors);
        }
    }

    /** What predicts, and how far off it is. */
    public record Predictor(String name, double error) {}

    /**
     * Pictures that a trained model made.
     *
     * @param png the file, in base64
     * @param classes asked for, a row each
     * @param each pictures of each class
     */
    public record Samples(
            String png, List<Integer> classes, int each, int steps, double guidance, Optional<Judged> judged) {
        public Samples {
            classes = List.copyOf(classes);
        }
    }

    /**
     * What a classifier made of sampled pictures.
     *
     * @param agreed how many of those asked for look like their class
     * @param accuracy of the classifier on real pictures held out
     * @param distance median to the nearest training picture, root mean square over elements
     * @param realDistance the same of real pictures held out
     */
    public record Judged(int asked, int agreed, double accuracy, double distance, double realDistance) {}

    /** Bytes of tensors, bytes of framing around them, and messages. */
    public record Sent(Bytes payload, Bytes framing, long messages) {}

    /** One rank's peak, whole and by part. */
    public record RankMemory(
            int rank,
            String place,
            int stage,
            Bytes arena,
            Bytes peak,
            Map<MemoryPart, Bytes> parts,
            int liveMicrobatches) {}

    public Run {
        breakdown = Collections.unmodifiableMap(new LinkedHashMap<>(breakdown));
        sent = Collections.unmodifiableMap(new LinkedHashMap<>(sent));
        steps = List.copyOf(steps);
        ranks = List.copyOf(ranks);
    }
}
