package dev.dovetail.cli.parity;

import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.transport.Traffic;
import java.util.List;

/**
 * What one rank did in a run of a few steps.
 *
 * @param losses this rank's part of each step's loss: a sum over its tokens
 * @param order finished activities of the last step: {@code FORWARD chunk.microbatch}
 * @param liveMicrobatches most micro-batches with activations in use at once
 * @param peakBytes most bytes of the arena in use at once
 * @param fetchedBytes from a file beside the arena, in the last step
 * @param putBytes to that file, in the last step
 */
record RankRecord(
        Position position,
        List<Double> losses,
        List<String> order,
        int liveMicrobatches,
        long peakBytes,
        long arenaBytes,
        long fetchedBytes,
        long putBytes,
        Traffic traffic) {}
