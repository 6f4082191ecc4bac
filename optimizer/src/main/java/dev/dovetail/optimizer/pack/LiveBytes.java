package dev.dovetail.optimizer.pack;

import java.util.List;
import java.util.TreeMap;

/** Bytes alive at once: the peak that no packing can go below. */
public final class LiveBytes {
    private LiveBytes() {}

    public static long peak(List<Lifetime> lifetimes) {
        var changes = new TreeMap<Integer, Long>();
        for (Lifetime lifetime : lifetimes) {
            changes.merge(lifetime.first(), lifetime.bytes(), Long::sum);
            changes.merge(lifetime.last() + 1, -lifetime.bytes(), Long::sum);
        }
        long live = 0;
        long peak = 0;
        for (long change : changes.values()) {
            live += change;
            peak = Math.max(peak, live);
        }
        return peak;
    }
}
