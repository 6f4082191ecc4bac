package dev.dovetail.backends.report.run;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Provenance;
import dev.dovetail.backends.report.data.Slice;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The measured step in the trace events that a run writes: a track for each rank, a slice named {@code FORWARD 0.3} for
 * micro-batch 3 of virtual stage 0.
 */
final class TraceFile {
    private static final Pattern LABEL = Pattern.compile("\\w+ (-?\\d+)\\.(-?\\d+)");
    private static final Pattern STAGE = Pattern.compile("pipeline (\\d+)");

    private final Map<Integer, List<Slice>> slices = new TreeMap<>();
    private final Map<Integer, String> names = new TreeMap<>();

    private TraceFile(JsonNode trace) {
        trace.path("traceEvents").forEach(this::add);
    }

    /** Empty where nothing was traced. */
    static Optional<Timeline> timeline(JsonNode trace) {
        var file = new TraceFile(trace);
        List<Lane> lanes = file.slices.entrySet().stream()
                .map(rank -> file.lane(rank.getKey(), rank.getValue()))
                .toList();
        return lanes.isEmpty() ? Optional.empty() : Optional.of(new Timeline(Provenance.MEASURED, lanes));
    }

    private void add(JsonNode event) {
        int rank = event.path("tid").asInt(0);
        if (event.path("ph").asString("").equals("M")) {
            names.put(rank, event.path("args").path("name").asString(""));
            return;
        }
        activity(event.path("cat").asString(""))
                .ifPresent(activity ->
                        slices.computeIfAbsent(rank, r -> new ArrayList<>()).add(slice(activity, event)));
    }

    private static Optional<Activity> activity(String category) {
        return Arrays.stream(Activity.values())
                .filter(activity -> activity.name().equalsIgnoreCase(category))
                .findFirst();
    }

    private static Slice slice(Activity activity, JsonNode event) {
        Matcher label = LABEL.matcher(event.path("name").asString(""));
        boolean told = label.matches();
        double begin = event.path("ts").asDouble(0);
        return new Slice(
                activity,
                Seconds.ofMicros(begin),
                Seconds.ofMicros(begin + Math.max(0, event.path("dur").asDouble(0))),
                told && servesOne(activity) ? Integer.parseInt(label.group(2)) : -1,
                told ? Integer.parseInt(label.group(1)) : 0,
                "");
    }

    /** What happens once a step has a label too, whose micro-batch means nothing. */
    private static boolean servesOne(Activity activity) {
        return switch (activity) {
            case FORWARD, RECOMPUTE, BACKWARD, WEIGHT_GRADIENTS, SEND, RECEIVE -> true;
            case INPUT, COLLECTIVE, OPTIMIZER -> false;
        };
    }

    private Lane lane(int rank, List<Slice> done) {
        String name = names.getOrDefault(rank, "rank " + rank);
        return new Lane(name, rank, stage(name), done);
    }

    /** The pipeline stage of a rank, by the name that runs give it: {@code rank 3 (pipeline 1, data 1)}. */
    static int stage(String place) {
        Matcher stage = STAGE.matcher(place);
        return stage.find() ? Integer.parseInt(stage.group(1)) : 0;
    }
}
