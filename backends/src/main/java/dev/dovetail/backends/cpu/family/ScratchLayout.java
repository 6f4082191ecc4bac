package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Index;

/** Lays pieces one after another in a worker's scratch. */
final class ScratchLayout {
    private long size;

    /** The first element of a new piece. */
    Index add(long elements) {
        Index at = Index.of(size);
        size = Math.addExact(size, elements);
        return at;
    }

    long size() {
        if (size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a worker's scratch holds fewer than 2^31 elements, not " + size);
        }
        return size;
    }
}
