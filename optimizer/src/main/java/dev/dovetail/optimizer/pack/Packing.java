package dev.dovetail.optimizer.pack;

import java.util.List;

/**
 * Offsets that keep buffers apart while both are alive.
 *
 * @param offsets in bytes, one for each lifetime in the order given
 * @param peak end of the highest buffer
 * @param bound no packing has a lower peak; equal to {@code peak} when this one is proven optimal
 */
public record Packing(List<Long> offsets, long peak, long bound) {

    public Packing {
        offsets = List.copyOf(offsets);
        if (bound > peak) {
            throw new IllegalArgumentException("peak " + peak + " lies below its bound " + bound);
        }
    }

    public boolean optimal() {
        return peak == bound;
    }
}
