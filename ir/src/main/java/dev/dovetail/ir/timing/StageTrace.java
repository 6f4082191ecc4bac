package dev.dovetail.ir.timing;

import dev.dovetail.ir.program.CompiledIndex;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.program.ScheduleWalk;
import dev.dovetail.ir.program.ScheduleWalk.CallSite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Every call of one stage in order, in columns: a large pipeline makes a million of them. */
final class StageTrace {
    private final int stage;
    private final List<TimedBody> bodies = new ArrayList<>();
    private int calls;
    private int[] body = new int[64];
    private int[] chunk = new int[64];
    private int[] layer = new int[64];
    private int[] microbatch = new int[64];
    private int[] firstTag = new int[64];
    private long[] tags = new long[64];
    private int tagCount;

    private StageTrace(int stage) {
        this.stage = stage;
    }

    /** What a call site adds for each call. */
    private record SiteColumns(int body, CompiledIndex microbatch, CompiledIndex layer, CompiledIndex[] tags) {}

    static StageTrace of(RankClass rank, Schedule schedule, InstructionCost cost) {
        var trace = new StageTrace(rank.stage());
        var walk = new ScheduleWalk(rank, schedule, Map.of());
        var byName = new HashMap<String, Integer>();
        var columns = new ArrayList<SiteColumns>();
        for (CallSite site : walk.sites()) {
            int number = byName.computeIfAbsent(site.body().name(), name -> {
                trace.bodies.add(TimedBody.of(rank, site.body(), cost));
                return trace.bodies.size() - 1;
            });
            var tags = trace.bodies.get(number).tags().stream()
                    .map(tag -> site.compile(tag, walk.coordinates()))
                    .toArray(CompiledIndex[]::new);
            columns.add(new SiteColumns(number, variable(site, "microbatch"), variable(site, "layer"), tags));
        }
        walk.forEachCall((site, variables, choice) -> trace.add(columns.get(site.number()), variables, choice));
        return trace;
    }

    private static CompiledIndex variable(CallSite site, String name) {
        Integer place = site.scope().get(name);
        return place == null ? variables -> -1 : variables -> variables[place];
    }

    private void add(SiteColumns site, long[] variables, int choice) {
        if (calls == body.length) {
            grow();
        }
        body[calls] = site.body();
        chunk[calls] = choice;
        layer[calls] = (int) site.layer().at(variables);
        microbatch[calls] = (int) site.microbatch().at(variables);
        firstTag[calls] = tagCount;
        for (CompiledIndex tag : site.tags()) {
            if (tagCount == tags.length) {
                tags = Arrays.copyOf(tags, 2 * tagCount);
            }
            tags[tagCount++] = tag.at(variables);
        }
        calls++;
    }

    private void grow() {
        int length = 2 * calls;
        body = Arrays.copyOf(body, length);
        chunk = Arrays.copyOf(chunk, length);
        layer = Arrays.copyOf(layer, length);
        microbatch = Arrays.copyOf(microbatch, length);
        firstTag = Arrays.copyOf(firstTag, length);
    }

    int stage() {
        return stage;
    }

    int calls() {
        return calls;
    }

    TimedBody body(int call) {
        return bodies.get(body[call]);
    }

    int chunk(int call) {
        return chunk[call];
    }

    int layer(int call) {
        return layer[call];
    }

    int microbatch(int call) {
        return microbatch[call];
    }

    long tag(int call, int message) {
        return tags[firstTag[call] + message];
    }
}
