package dev.dovetail.backends.report.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Provenance;
import dev.dovetail.backends.report.data.Slice;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PerfettoTraceTest {
    private static final Timeline PREDICTED = timeline(Provenance.ESTIMATE);
    private static final Timeline MEASURED = timeline(Provenance.MEASURED);

    @Test
    void everyRankIsAProcessAndEveryActivityATrack() {
        List<JsonNode> events = events(new PerfettoTrace().add(PREDICTED, List.of()));

        assertEquals(
                List.of("stage 0 (estimate)", "stage 1 (estimate)"),
                events.stream()
                        .filter(event -> name(event).equals("process_name"))
                        .map(event -> event.path("args").path("name").asString())
                        .toList());
        assertEquals(
                2,
                events.stream()
                        .filter(event -> name(event).equals("thread_name"))
                        .filter(event -> event.path("pid").asInt() == 0)
                        .count());
    }

    @Test
    void timesAreMicroseconds() {
        JsonNode slice = events(new PerfettoTrace().add(PREDICTED, List.of())).stream()
                .filter(event -> phase(event).equals("X"))
                .findFirst()
                .orElseThrow();

        assertEquals("forward 0", name(slice));
        assertEquals(1000, slice.path("ts").asDouble(), 1e-6);
        assertEquals(2000, slice.path("dur").asDouble(), 1e-6);
    }

    @Test
    void predictedAndMeasuredRanksStayApart() {
        var trace = new PerfettoTrace().add(PREDICTED, List.of()).add(MEASURED, List.of());

        var processes = events(trace).stream()
                .filter(event -> phase(event).equals("X"))
                .collect(Collectors.groupingBy(event -> event.path("pid").asInt()));
        assertEquals(4, processes.size());
        assertTrue(processes.values().stream().allMatch(slices -> slices.size() == 2));
    }

    @Test
    void memoryIsACounterOfItsRank() {
        var curve = new MemoryCurve(
                1,
                List.of(
                        new MemoryCurve.Point(Seconds.ZERO, Bytes.of(100)),
                        new MemoryCurve.Point(Seconds.ofMillis(2), Bytes.of(300))));
        var trace = new PerfettoTrace().add(MEASURED, List.of()).add(PREDICTED, List.of(curve));

        List<JsonNode> counters =
                events(trace).stream().filter(event -> phase(event).equals("C")).toList();

        assertEquals(2, counters.size());
        assertEquals(3, counters.getLast().path("pid").asInt());
        assertEquals(2000, counters.getLast().path("ts").asDouble(), 1e-6);
        assertEquals(300, counters.getLast().path("args").path("bytes").asLong());
    }

    private static List<JsonNode> events(PerfettoTrace trace) {
        return JsonMapper.shared()
                .readTree(trace.json())
                .path("traceEvents")
                .valueStream()
                .toList();
    }

    private static String name(JsonNode event) {
        return event.path("name").asString();
    }

    private static String phase(JsonNode event) {
        return event.path("ph").asString();
    }

    private static Timeline timeline(Provenance provenance) {
        return new Timeline(provenance, List.of(lane(0), lane(1)));
    }

    private static Lane lane(int stage) {
        return new Lane(
                "stage " + stage,
                stage,
                stage,
                List.of(
                        new Slice(Activity.FORWARD, Seconds.ofMillis(1), Seconds.ofMillis(3), 0, 0, ""),
                        new Slice(Activity.OPTIMIZER, Seconds.ofMillis(3), Seconds.ofMillis(4), -1, 0, "update")));
    }
}
