package dev.dovetail.runtime.train;

import dev.dovetail.runtime.rank.EventRecorder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The traced step of all ranks in the trace event form that Perfetto opens. */
final class Timeline {
    private Timeline() {}

    static Map<String, Object> json(RunRecord record) {
        List<Map<String, Object>> events = new ArrayList<>();
        long origin = record.ranks().stream()
                .flatMap(rank -> rank.events().stream())
                .mapToLong(EventRecorder.Event::begin)
                .min()
                .orElse(0);
        for (RankReport rank : record.ranks()) {
            events.add(name(rank));
            rank.events().forEach(event -> events.add(slice(rank.rank(), event, origin)));
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("displayTimeUnit", "ms");
        json.put("traceEvents", events);
        return json;
    }

    private static Map<String, Object> name(RankReport rank) {
        Map<String, Object> name = new LinkedHashMap<>();
        name.put("ph", "M");
        name.put("name", "thread_name");
        name.put("pid", 0);
        name.put("tid", rank.rank());
        name.put("args", Map.of("name", rank.place()));
        return name;
    }

    /** Times are in microseconds, as the form wants them. */
    private static Map<String, Object> slice(int rank, EventRecorder.Event event, long origin) {
        Map<String, Object> slice = new LinkedHashMap<>();
        slice.put("ph", "X");
        slice.put("name", event.label());
        slice.put("cat", event.activity().name());
        slice.put("pid", 0);
        slice.put("tid", rank);
        slice.put("ts", (event.begin() - origin) / 1e3);
        slice.put("dur", (event.end() - event.begin()) / 1e3);
        return slice;
    }
}
