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
 * @param ranks each rank's memory
 */
public record Run(
        String status,
        Seconds step,
        double tokensPerSecond,
        Bytes memory,
        Map<String, Seconds> breakdown,
        Map<String, Sent> sent,
        List<StepRow> steps,
        Optional<HeldOut> heldOut,
        List<RankMemory> ranks,
        Optional<Timeline> timeline) {

    /** One training step; the loss is in nats per token. */
    public record StepRow(long step, double loss, double tokensPerSecond) {}

    /** Bits per byte on text that was held out, of the model and of byte counts over the same text. */
    public record HeldOut(double model, double order1, double order2) {}

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
