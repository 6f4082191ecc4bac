package dev.dovetail.backends.report.trace;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Slice;
import dev.dovetail.backends.report.data.Timeline;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Timelines in the Chrome trace event format, which ui.perfetto.dev opens: a process for each rank, a track for each
 * activity, and a counter for the memory of a rank where the trace was told of it.
 *
 * <p>Format: "Trace Event Format", Google, 2016; times are in microseconds.
 */
public final class PerfettoTrace {
    private final List<Map<String, Object>> events = new ArrayList<>();
    private int processes;

    /**
     * Adds a timeline; ranks of several timelines stay apart, so that predicted and measured can be read together.
     *
     * @param memory what ranks held over time, by lane of the timeline
     */
    public PerfettoTrace add(Timeline timeline, List<MemoryCurve> memory) {
        for (Lane lane : timeline.lanes()) {
            process(processes + timeline.lanes().indexOf(lane), timeline, lane);
        }
        for (MemoryCurve curve : memory) {
            curve.points().forEach(point -> events.add(memory(processes + curve.lane(), point)));
        }
        processes += timeline.lanes().size();
        return this;
    }

    public String json() {
        var trace = new LinkedHashMap<String, Object>();
        trace.put("displayTimeUnit", "ms");
        trace.put("traceEvents", events);
        return JsonMapper.shared().writeValueAsString(trace);
    }

    private void process(int process, Timeline timeline, Lane lane) {
        String name = lane.name() + " (" + timeline.provenance().label() + ")";
        events.add(metadata("process_name", process, 0, Map.of("name", name)));
        events.add(metadata("process_sort_index", process, 0, Map.of("sort_index", process)));
        lane.slices().stream().map(Slice::activity).distinct().sorted().forEach(activity -> {
            int track = track(activity);
            events.add(metadata("thread_name", process, track, Map.of("name", activity.label())));
            events.add(metadata("thread_sort_index", process, track, Map.of("sort_index", track)));
        });
        lane.slices().forEach(slice -> events.add(slice(process, slice)));
    }

    private static int track(Activity activity) {
        return activity.ordinal() + 1;
    }

    private static Map<String, Object> metadata(String name, int process, int track, Map<String, Object> arguments) {
        var event = event("M", name, process, track);
        event.put("args", arguments);
        return event;
    }

    private static Map<String, Object> slice(int process, Slice slice) {
        String name = slice.activity().label() + (slice.microbatch() < 0 ? "" : " " + slice.microbatch());
        var event = event("X", name, process, track(slice.activity()));
        event.put("cat", slice.activity().key());
        event.put("ts", slice.begin().value() * 1e6);
        event.put("dur", slice.duration().value() * 1e6);
        event.put("args", arguments(slice));
        return event;
    }

    private static Map<String, Object> arguments(Slice slice) {
        var arguments = new LinkedHashMap<String, Object>();
        if (slice.microbatch() >= 0) {
            arguments.put("micro-batch", slice.microbatch());
        }
        arguments.put("virtual stage", slice.stage());
        if (!slice.detail().isEmpty()) {
            arguments.put("detail", slice.detail());
        }
        return arguments;
    }

    private static Map<String, Object> memory(int process, MemoryCurve.Point point) {
        var event = event("C", "memory", process, 0);
        event.put("ts", point.time().value() * 1e6);
        event.put("args", Map.of("bytes", point.bytes().count()));
        return event;
    }

    private static Map<String, Object> event(String phase, String name, int process, int track) {
        var event = new LinkedHashMap<String, Object>();
        event.put("ph", phase);
        event.put("name", name);
        event.put("pid", process);
        event.put("tid", track);
        return event;
    }
}
