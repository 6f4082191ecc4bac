package dev.dovetail.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.data.TextFile;
import dev.dovetail.runtime.data.TextHeldOut;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.rank.Activity;
import dev.dovetail.runtime.rank.EventRecorder;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.Traffic;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunSummaryTest {
    private static final Prediction PREDICTION = new Prediction(0.2, 1000, Map.of("compute", 0.15, "data_comm", 0.04));

    private static TrainingJob job() {
        return job(Optional.of(PREDICTION));
    }

    private static TrainingJob job(Optional<Prediction> prediction) {
        return new TrainingJob(
                "tiny",
                "f",
                Mesh.of(1, 2, 1),
                100,
                8,
                1,
                16,
                0,
                new LearningRate.WarmupThenConstant(1e-3, 20),
                new TextFile(Path.of("text")),
                0,
                1,
                1,
                1,
                prediction);
    }

    /** Twenty slow steps in which the compiler warms up, then eighty of a quarter second. */
    private static RunRecord record(boolean interrupted) {
        return record(interrupted, Map.of("data", 0.04));
    }

    private static RunRecord record(boolean interrupted, Map<String, Double> waits) {
        List<Double> seconds = Stream.concat(
                        Collections.nCopies(20, 3.0).stream(), Collections.nCopies(80, 0.25).stream())
                .toList();
        List<EventRecorder.Event> events = List.of(
                new EventRecorder.Event(Activity.FORWARD, 0, 0, 5_000, 6_000),
                new EventRecorder.Event(Activity.BACKWARD, 0, 0, 6_000, 9_000));
        List<RankReport> ranks = List.of(
                new RankReport(0, "rank 0 (data 0)", 1100, 990, 1100, Map.of("gradients", 10L), 1, 0, 0, events),
                new RankReport(1, "rank 1 (data 1)", 1100, 900, 1100, Map.of("gradients", 10L), 1, 0, 0, List.of()));
        return new RunRecord(
                0,
                100,
                interrupted,
                Collections.nCopies(100, 2.5),
                seconds,
                List.of(new Traffic.Row(Axis.DATA, Exchange.ALL_REDUCE, 6400, 200, 400, 8_000_000_000L)),
                Stream.concat(
                                Collections.nCopies(20, Map.of("data", 1.0)).stream(),
                                Collections.nCopies(80, waits).stream())
                        .toList(),
                Optional.of(new TextHeldOut(2.25, 3.5, 2.75, 4096)),
                ranks);
    }

    @Test
    void theFirstStepsAreNotTimed() {
        assertEquals(0.25, record(false).medianStepSeconds());
    }

    @Test
    void jsonHasWhatToolsReadBesideThePrediction() {
        JsonMapper mapper = JsonMapper.builder().build();
        JsonNode json = mapper.readTree(mapper.writeValueAsString(new RunSummary(job(), record(false)).json()));
        assertEquals(1, json.path("schema").asInt());
        assertEquals("finished", json.path("status").asString());
        assertEquals(100, json.path("loss").size());
        assertEquals(2.25, json.path("held_out_bits_per_byte").asDouble());
        assertEquals(3.5, json.path("byte_counts_bits_per_byte").path("order_1").asDouble());
        JsonNode measured = json.path("measured");
        assertEquals(0.25, measured.path("step_seconds").asDouble());
        assertEquals(512, measured.path("tokens_per_second").asDouble());
        assertEquals(990, measured.path("memory_bytes_per_device").asLong());
        JsonNode sent = measured.path("bytes_sent_per_step").path("data all-reduce");
        assertEquals(64, sent.path("payload").asLong());
        assertEquals(2, sent.path("framing").asLong());
        assertEquals(0.04, measured.path("breakdown_seconds").path("data_comm").asDouble(), 1e-12);
        assertEquals(0.21, measured.path("breakdown_seconds").path("compute").asDouble(), 1e-12);
        assertEquals(0.2, json.path("predicted").path("step_seconds").asDouble());
        assertEquals(
                "FORWARD 0.0", json.path("ranks").path(0).path("order").path(0).asString());
    }

    @Test
    void linesSayMeasuredBesidePredicted() {
        String lines = String.join("\n", new RunSummary(job(), record(false)).lines());
        assertTrue(lines.contains("step 100 of 100 is done"), lines);
        assertTrue(lines.contains("250.00 ms, predicted 200.00 ms (+25.0 %), 512 tokens/s"), lines);
        assertTrue(lines.contains("2.250 bits per byte; counting pairs gives 3.500, triples 2.750"), lines);
        assertTrue(lines.contains("(-1.0 %)"), "memory: " + lines);
        String stopped = String.join("\n", new RunSummary(job(), record(true)).lines());
        assertTrue(stopped.contains("step 100 of 100 is saved, run again to resume"), stopped);
    }

    @Test
    void waitingForAMessageIsHeldAgainstTransferAndBubble() {
        Map<String, Double> planned = Map.of("compute", 0.1, "pipeline_comm", 0.001, "bubble", 0.05);
        TrainingJob job = job(Optional.of(new Prediction(0.2, 1000, planned)));
        RunRecord waited = record(false, Map.of("pipeline", 0.06));
        String lines = String.join("\n", new RunSummary(job, waited).lines());
        assertTrue(lines.contains("pipeline_comm 60.00 ms with waiting, predicted 51.00 ms with the bubble"), lines);
    }

    @Test
    void theTimelineIsATraceInMicroseconds() {
        JsonMapper mapper = JsonMapper.builder().build();
        JsonNode events = mapper.readTree(mapper.writeValueAsString(Timeline.json(record(false))))
                .path("traceEvents");
        assertEquals(4, events.size());
        assertEquals("rank 0 (data 0)", events.path(0).path("args").path("name").asString());
        assertEquals("BACKWARD 0.0", events.path(2).path("name").asString());
        assertEquals(1.0, events.path(2).path("ts").asDouble());
        assertEquals(3.0, events.path(2).path("dur").asDouble());
    }

    @Test
    void aLongRunPrintsAboutTwentyLines() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Progress progress = Progress.lines(new PrintStream(out, true, StandardCharsets.UTF_8))) {
            progress.begin(0, 600);
            for (int step = 0; step < 600; step++) {
                progress.step(step, 2, 1000);
            }
        }
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(21, lines.size());
        assertEquals("step 600 of 600  loss 2.0000  1,000 tokens/s", lines.getLast());
    }
}
