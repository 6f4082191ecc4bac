package dev.dovetail.ir.timing;

import dev.dovetail.ir.timing.Timeline.Event;
import dev.dovetail.ir.units.Seconds;
import java.util.AbstractList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Where one stage is in its calls, and what its time went to so far. */
final class StageClock {
    private final StageTrace trace;
    private final double[] spent = new double[TimePart.values().length];
    private final double[] begins;
    private final double[] ends;
    private final double[] waits;
    private final double[] moves;
    private int call;
    private int step;
    private double since;

    StageClock(StageTrace trace) {
        this.trace = trace;
        this.begins = new double[trace.calls()];
        this.ends = new double[trace.calls()];
        this.waits = new double[trace.calls()];
        this.moves = new double[trace.calls()];
    }

    int stage() {
        return trace.stage();
    }

    boolean isDone() {
        return call == trace.calls();
    }

    /** Steps over ends of calls; false when nothing is left. */
    boolean settle(double now) {
        while (call < trace.calls() && step == trace.body(call).steps().size()) {
            ends[call++] = now;
            step = 0;
            if (call < trace.calls()) {
                begins[call] = now;
            }
        }
        return call < trace.calls();
    }

    TimedBody.Step current() {
        return trace.body(call).steps().get(step);
    }

    long tag(int message) {
        return trace.tag(call, message);
    }

    /** The current step begins now. */
    void begin(double now) {
        since = now;
    }

    double since() {
        return since;
    }

    void next() {
        step++;
    }

    /** The current step was {@code work} and ends now; a shared core may have stretched it. */
    void worked(TimedBody.Work work, double now) {
        double stretch = (now - since) / work.seconds();
        for (int i = 0; i < spent.length; i++) {
            spent[i] += work.parts()[i] * stretch;
        }
    }

    void spend(TimePart part, double seconds) {
        spent[part.ordinal()] += seconds;
    }

    /** Waited since the current step began; what was on its way since {@code sent} is not the bubble's. */
    void waited(double sent, double now) {
        double idle = Math.clamp(sent - since, 0, now - since);
        spend(TimePart.BUBBLE, idle);
        spend(TimePart.PIPELINE_COMM, now - since - idle);
        waits[call] += now - since;
        moves[call] += now - since - idle;
    }

    String place() {
        return "stage " + stage() + " in " + trace.body(call).body().name() + " of micro-batch "
                + trace.microbatch(call);
    }

    Timeline.Stage finish(double end) {
        double total = 0;
        for (double seconds : spent) {
            total += seconds;
        }
        spend(TimePart.BUBBLE, Math.max(0, end - total));
        Map<TimePart, Seconds> parts = new EnumMap<>(TimePart.class);
        for (TimePart part : TimePart.values()) {
            parts.put(part, Seconds.of(spent[part.ordinal()]));
        }
        return new Timeline.Stage(stage(), events(), parts);
    }

    private List<Event> events() {
        return new AbstractList<>() {
            @Override
            public Event get(int i) {
                var body = trace.body(i).body();
                return new Event(
                        body.name(),
                        body.activity(),
                        trace.chunk(i),
                        trace.layer(i),
                        trace.microbatch(i),
                        Seconds.of(begins[i]),
                        Seconds.of(ends[i]),
                        Seconds.of(waits[i]),
                        Seconds.of(moves[i]));
            }

            @Override
            public int size() {
                return trace.calls();
            }
        };
    }
}
