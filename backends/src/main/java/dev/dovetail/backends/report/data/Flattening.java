package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Seconds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Cuts nested slices into pieces that do not overlap; the innermost keeps its time. */
final class Flattening {
    private final List<Slice> pieces = new ArrayList<>();
    private final Deque<Slice> open = new ArrayDeque<>();
    private Seconds reached = Seconds.ZERO;

    /** Slices are ordered by begin. */
    Flattening(List<Slice> slices) {
        for (Slice slice : slices) {
            advanceTo(slice.begin());
            open.push(slice);
        }
        advanceTo(Seconds.of(Double.POSITIVE_INFINITY));
    }

    List<Slice> pieces() {
        return pieces;
    }

    private void advanceTo(Seconds time) {
        while (!open.isEmpty() && open.peek().end().compareTo(time) <= 0) {
            Slice done = open.pop();
            emit(done, done.end());
        }
        if (!open.isEmpty()) {
            emit(open.peek(), time);
        }
        reached = reached.max(time);
    }

    private void emit(Slice slice, Seconds until) {
        Seconds from = slice.begin().max(reached);
        if (until.compareTo(from) > 0) {
            pieces.add(new Slice(slice.activity(), from, until, slice.microbatch(), slice.stage(), slice.detail()));
            reached = until;
        }
    }
}
