package dev.dovetail.ir.cluster;

import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Seconds;

/** A way for bytes between two devices; bandwidth is each way, per device. */
public record Link(String name, BytesPerSecond bandwidth, Seconds latency) {}
