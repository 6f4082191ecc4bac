package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The order and times of what one rank did in a step; costs two clock reads and four array stores an event. */
public final class EventRecorder {
    /** One finished activity; times are the rank clock's nanoseconds, stage is the virtual stage on this rank. */
    public record Event(Activity activity, int stage, int microbatch, long begin, long end) {
        /** As tests compare orders: {@code FORWARD 0.3} is micro-batch 3 of virtual stage 0. */
        public String label() {
            return activity + " " + stage + "." + microbatch;
        }
    }

    private static final Activity[] ACTIVITIES = Activity.values();

    private final Clock clock;
    private final Runnable finish;
    private int[] what = new int[3 * 256];
    private long[] when = new long[2 * 256];
    private int size;

    public EventRecorder(Clock clock) {
        this(clock, () -> {});
    }

    /** @param finish waits for what was begun and goes on by itself, on a device: an activity ends when that has */
    public EventRecorder(Clock clock, Runnable finish) {
        this.clock = clock;
        this.finish = finish;
    }

    /** The time at which an activity begins, to be handed to {@link #end}. */
    public long begin() {
        return clock.nanoTime();
    }

    public void end(Activity activity, int stage, int microbatch, long begin) {
        finish.run();
        if (2 * size == when.length) {
            what = Arrays.copyOf(what, what.length * 2);
            when = Arrays.copyOf(when, when.length * 2);
        }
        what[3 * size] = activity.ordinal();
        what[3 * size + 1] = stage;
        what[3 * size + 2] = microbatch;
        when[2 * size] = begin;
        when[2 * size + 1] = clock.nanoTime();
        size++;
    }

    /** Forgets everything; the loop calls it before each step. */
    public void clear() {
        size = 0;
    }

    /** What ended since the last {@link #clear}, in the order it ended. */
    public List<Event> events() {
        List<Event> events = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            events.add(
                    new Event(ACTIVITIES[what[3 * i]], what[3 * i + 1], what[3 * i + 2], when[2 * i], when[2 * i + 1]));
        }
        return events;
    }

    /** Nanoseconds spent in {@code activity} since the last {@link #clear}. */
    public long nanos(Activity activity) {
        long total = 0;
        for (int i = 0; i < size; i++) {
            if (what[3 * i] == activity.ordinal()) {
                total += when[2 * i + 1] - when[2 * i];
            }
        }
        return total;
    }
}
