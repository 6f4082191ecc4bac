package dev.dovetail.backends.report.run;

import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.Run.HeldOut;
import dev.dovetail.backends.report.data.Run.Judged;
import dev.dovetail.backends.report.data.Run.Predictor;
import dev.dovetail.backends.report.data.Run.RankMemory;
import dev.dovetail.backends.report.data.Run.Samples;
import dev.dovetail.backends.report.data.Run.Sent;
import dev.dovetail.backends.report.data.Run.StepRow;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads {@code metrics.jsonl}, {@code summary.json}, {@code timeline.json} and samples of a run's folder.
 *
 * <p>A run that goes on, or was killed, has steps and no summary: its figures are then taken from the steps.
 */
public final class RunFiles {
    private static final JsonMapper JSON = JsonMapper.shared();
    /** Steps before this one warm the compiler up and are not timed, as in the summary. */
    private static final int WARM = 20;

    private final Path folder;

    private RunFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * What the folder tells; empty where nothing ran in it.
     *
     * @throws RunFileException where a file is broken, with its name and the line
     */
    public static Optional<Run> read(Path folder) throws IOException {
        return new RunFiles(folder).read();
    }

    private Optional<Run> read() throws IOException {
        List<JsonNode> steps = steps();
        Optional<JsonNode> summary = object("summary.json");
        if (steps.isEmpty() && summary.isEmpty()) {
            return Optional.empty();
        }
        JsonNode told = summary.orElse(JSON.createObjectNode());
        JsonNode measured = told.path("measured");
        return Optional.of(new Run(
                told.path("status").asString("running"),
                Seconds.of(measured.path("step_seconds").asDouble(median(steps, "seconds"))),
                measured.path("tokens_per_second").asDouble(median(steps, "tokens_per_second")),
                Bytes.of(measured.path("memory_bytes_per_device").asLong(0)),
                breakdown(measured.path("breakdown_seconds")),
                sent(measured.path("bytes_sent_per_step")),
                told.path("loss_unit").asString("nats per token"),
                steps.stream().map(RunFiles::step).toList(),
                heldOut(told),
                told.path("ranks").valueStream().map(RunFiles::rank).toList(),
                object("timeline.json").flatMap(TraceFile::timeline),
                samples()));
    }

    private List<JsonNode> steps() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        var rows = new ArrayList<JsonNode>();
        if (!Files.exists(file)) {
            return rows;
        }
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            boolean last = i == lines.size() - 1;
            try {
                rows.add(JSON.readTree(lines.get(i)));
            } catch (JacksonException e) {
                // A kill may tear the last line; the run's own reader forgives that too.
                if (!last) {
                    throw new RunFileException(file, "line " + (i + 1) + " is not JSON", e);
                }
            }
        }
        return rows;
    }

    private Optional<JsonNode> object(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(Files.readString(file)));
        } catch (JacksonException e) {
            throw new RunFileException(file, "it is not JSON", e);
        }
    }

    private static double median(List<JsonNode> steps, String field) {
        List<Double> values = steps.stream()
                .skip(steps.size() > WARM ? WARM : 0)
                .map(step -> step.path(field).asDouble(0))
                .sorted()
                .toList();
        return values.isEmpty() ? 0 : values.get(values.size() / 2);
    }

    private static StepRow step(JsonNode row) {
        return new StepRow(
                row.path("step").asLong(0),
                row.path("loss").asDouble(0),
                row.path("tokens_per_second").asDouble(0));
    }

    private static Map<String, Seconds> breakdown(JsonNode parts) {
        var breakdown = new LinkedHashMap<String, Seconds>();
        parts.propertyStream()
                .forEach(part ->
                        breakdown.put(part.getKey(), Seconds.of(part.getValue().asDouble(0))));
        return breakdown;
    }

    private static Map<String, Sent> sent(JsonNode exchanges) {
        var sent = new LinkedHashMap<String, Sent>();
        exchanges.propertyStream().forEach(exchange -> {
            JsonNode bytes = exchange.getValue();
            sent.put(
                    exchange.getKey(),
                    new Sent(
                            Bytes.of(bytes.path("payload").asLong(0)),
                            Bytes.of(bytes.path("framing").asLong(0)),
                            bytes.path("messages").asLong(0)));
        });
        return sent;
    }

    private static Optional<HeldOut> heldOut(JsonNode summary) {
        if (summary.has("held_out_bits_per_byte")) {
            JsonNode counts = summary.path("byte_counts_bits_per_byte");
            return Optional.of(new HeldOut(
                    "bits per byte",
                    List.of(
                            predictor("this model", summary.path("held_out_bits_per_byte")),
                            predictor("counts of byte pairs (order 1)", counts.path("order_1")),
                            predictor("counts of byte triples (order 2)", counts.path("order_2")))));
        }
        return summary.has("held_out_squared_error")
                ? Optional.of(new HeldOut(
                        "mean squared error",
                        List.of(
                                predictor("this model", summary.path("held_out_squared_error")),
                                predictor(
                                        "each element by itself, linearly",
                                        summary.path("elementwise_squared_error")))))
                : Optional.empty();
    }

    private static Predictor predictor(String name, JsonNode error) {
        return new Predictor(name, error.asDouble(0));
    }

    /** Pictures, and what is known of them. */
    private Optional<Samples> samples() throws IOException {
        Path image = folder.resolve("samples.png");
        Optional<JsonNode> facts = object("samples.json");
        if (facts.isEmpty() || !Files.exists(image)) {
            return Optional.empty();
        }
        JsonNode told = facts.get();
        return Optional.of(new Samples(
                Base64.getEncoder().encodeToString(Files.readAllBytes(image)),
                told.path("classes").valueStream().map(JsonNode::asInt).toList(),
                told.path("each").asInt(0),
                told.path("steps").asInt(0),
                told.path("guidance").asDouble(0),
                judged(told)));
    }

    private static Optional<Judged> judged(JsonNode told) {
        return told.has("agreed")
                ? Optional.of(new Judged(
                        told.path("asked").asInt(0),
                        told.path("agreed").asInt(0),
                        told.path("classifier_accuracy").asDouble(0),
                        told.path("distance").asDouble(0),
                        told.path("real_distance").asDouble(0)))
                : Optional.empty();
    }

    private static RankMemory rank(JsonNode rank) {
        var parts = new EnumMap<MemoryPart, Bytes>(MemoryPart.class);
        for (MemoryPart part : MemoryPart.values()) {
            JsonNode peak = rank.path("peak_bytes_by_part").path(part.name().toLowerCase(Locale.ROOT));
            if (peak.isNumber()) {
                parts.put(part, Bytes.of(peak.asLong()));
            }
        }
        return new RankMemory(
                rank.path("rank").asInt(0),
                rank.path("place").asString(""),
                TraceFile.stage(rank.path("place").asString("")),
                Bytes.of(rank.path("arena_bytes").asLong(0)),
                Bytes.of(rank.path("peak_bytes").asLong(0)),
                parts,
                rank.path("live_microbatches").asInt(0));
    }
}
