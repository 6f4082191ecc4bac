package dev.dovetail.runtime.train;

import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.transport.Traffic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A run's record beside its prediction, as JSON and as the lines a person reads. */
public final class RunSummary {
    static final String FINISHED = "finished";

    private static final String TRANSFER = "pipeline_comm";
    private static final String BUBBLE = "bubble";

    private final TrainingJob job;
    private final RunRecord record;

    public RunSummary(TrainingJob job, RunRecord record) {
        this.job = job;
        this.record = record;
    }

    // --- JSON -------------------------------------------------------------------------------------------------------

    /** As `run --json` prints it, less the plan. */
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schema", 1);
        json.put("job", job.name());
        json.put("status", record.interrupted() ? "interrupted" : FINISHED);
        json.put("steps", record.nextStep());
        json.put("first_step", record.firstStep());
        json.put("loss", record.losses());
        json.put("loss_unit", job.data().lossUnit());
        record.heldOut().ifPresent(h -> json.putAll(h.json()));
        if (record.ran()) {
            json.put("measured", measured());
        }
        job.prediction().ifPresent(p -> json.put("predicted", predicted(p)));
        json.put("ranks", record.ranks().stream().map(RunSummary::rank).toList());
        return json;
    }

    private Map<String, Object> measured() {
        Map<String, Object> measured = new LinkedHashMap<>();
        double seconds = record.medianStepSeconds();
        measured.put("step_seconds", seconds);
        measured.put("tokens_per_second", seconds == 0 ? 0 : job.tokensPerStep() / seconds);
        measured.put("memory_bytes_per_device", record.peakMemoryBytes());
        measured.put(
                "bytes_sent_per_step",
                bytesSent(record.traffic(), Math.max(1, record.losses().size())));
        measured.put("breakdown_seconds", record.breakdownSeconds());
        return measured;
    }

    private static Map<String, Object> predicted(Prediction prediction) {
        Map<String, Object> predicted = new LinkedHashMap<>();
        predicted.put("step_seconds", prediction.stepSeconds());
        predicted.put("memory_bytes_per_device", prediction.memoryBytes());
        predicted.put("breakdown_seconds", prediction.breakdownSeconds());
        return predicted;
    }

    private static Map<String, Object> rank(RankReport report) {
        Map<String, Object> rank = new LinkedHashMap<>();
        rank.put("rank", report.rank());
        rank.put("place", report.place());
        rank.put("arena_bytes", report.arenaBytes());
        rank.put("peak_bytes", report.peakBytes());
        rank.put("highest_byte", report.highestByte());
        rank.put("peak_bytes_by_part", report.peakByPart());
        rank.put("live_microbatches", report.liveMicrobatches());
        rank.put("message_buffer_bytes", report.messageBytes());
        rank.put("process_resident_bytes", report.residentBytes());
        rank.put("order", report.order());
        return rank;
    }

    /** Payload and framing by axis and kind of exchange: `tensor all-reduce`. */
    static Map<String, Object> bytesSent(List<Traffic.Row> rows, long steps) {
        Map<String, Object> sent = new LinkedHashMap<>();
        for (Traffic.Row row : rows) {
            Map<String, Object> bytes = new LinkedHashMap<>();
            bytes.put("payload", row.payloadBytes() / steps);
            bytes.put("framing", row.framingBytes() / steps);
            bytes.put("messages", row.messages() / steps);
            sent.put(name(row), bytes);
        }
        return sent;
    }

    private static String name(Traffic.Row row) {
        return row.axis() + " " + row.exchange().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    // --- text -------------------------------------------------------------------------------------------------------

    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(headline());
        if (record.ran()) {
            lines.add(line(
                    "loss",
                    format("%.4f", record.losses().getFirst()) + " -> "
                            + format("%.4f ", record.losses().getLast())
                            + job.data().lossUnit()));
        }
        record.heldOut().ifPresent(h -> lines.add(line("held out", h.line())));
        if (record.ran()) {
            lines.addAll(measuredLines());
        }
        return lines;
    }

    private List<String> measuredLines() {
        List<String> lines = timeLines();
        lines.add(line(
                "memory",
                megabytes(record.peakMemoryBytes()) + " on the fullest rank"
                        + job.prediction()
                                .map(p -> beside(record.peakMemoryBytes(), p.memoryBytes(), megabytes(p.memoryBytes())))
                                .orElse("")));
        for (Traffic.Row row : record.traffic()) {
            long payload = row.payloadBytes() / Math.max(1, record.losses().size());
            String how = row.axis().equals(Axis.OFFLOAD) ? "moved per step" : "sent per step";
            lines.add(line(how, megabytes(payload) + " " + name(row)));
        }
        return lines;
    }

    private String headline() {
        long ran = record.nextStep() - record.firstStep();
        double total =
                record.stepSeconds().stream().mapToDouble(Double::doubleValue).sum();
        String end = record.interrupted()
                ? "interrupted; step " + record.nextStep() + " of " + job.steps() + " is saved, run again to resume"
                : "step " + record.nextStep() + " of " + job.steps() + " is done";
        return job.name() + ": " + ran + " steps in " + format("%.1f s; ", total) + end;
    }

    private List<String> timeLines() {
        List<String> lines = new ArrayList<>();
        double median = record.medianStepSeconds();
        if (median == 0) {
            return lines;
        }
        Optional<Prediction> predicted = job.prediction();
        lines.add(line(
                "step",
                seconds(median)
                        + predicted
                                .map(p -> beside(median, p.stepSeconds(), seconds(p.stepSeconds())))
                                .orElse("")
                        + format(", %,.0f tokens/s", job.tokensPerStep() / median)));
        Map<String, Double> measured = record.breakdownSeconds();
        Map<String, Double> planned =
                predicted.map(Prediction::breakdownSeconds).orElse(Map.of());
        measured.forEach((part, seconds) -> lines.add(line("  " + part, part(part, seconds, planned))));
        return lines;
    }

    /** A rank that waits for a message cannot tell whether it is on its way: a measured transfer includes the bubble. */
    private static String part(String part, double measured, Map<String, Double> planned) {
        if (!planned.containsKey(part)) {
            return seconds(measured);
        }
        if (part.equals(TRANSFER) && planned.containsKey(BUBBLE)) {
            return seconds(measured) + " with waiting, predicted " + seconds(planned.get(part) + planned.get(BUBBLE))
                    + " with the bubble";
        }
        return seconds(measured) + ", predicted " + seconds(planned.get(part));
    }

    private static String beside(double measured, double predicted, String shown) {
        return ", predicted " + shown + (predicted > 0 ? format(" (%+.1f %%)", 100 * (measured / predicted - 1)) : "");
    }

    private static String line(String name, String value) {
        return format("  %-16s", name) + value;
    }

    private static String seconds(double seconds) {
        return seconds < 1 ? format("%.2f ms", seconds * 1e3) : format("%.3f s", seconds);
    }

    private static String megabytes(long bytes) {
        return bytes < 1e6 ? format("%.1f kB", bytes / 1e3) : format("%.1f MB", bytes / 1e6);
    }

    private static String format(String pattern, Object value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
