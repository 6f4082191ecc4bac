package dev.dovetail.optimizer.pack;

import java.util.List;

/** Chooses offsets for buffers with known lifetimes so that the peak is small; the same answer for the same lifetimes. */
public interface OffsetPacker {
    Packing pack(List<Lifetime> lifetimes);
}
