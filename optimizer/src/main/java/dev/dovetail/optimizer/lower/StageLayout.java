package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.optimizer.lower.StageContents.Run;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The arena of a stage's ranks: weights, gradients, optimizer state, activation slots, scratch, one after the other.
 *
 * @param runs where the state of each run of layers starts, in the order of {@link StageContents}
 * @param gradientsStart first byte of the gradients
 * @param optimizerStart first byte of the optimizer state
 * @param slotsStart first byte of the activation slots
 * @param scratchStart first byte of scratch memory; two stream buffers come first
 * @param streamBytes bytes of one stream buffer; 0 where the stage neither sends nor passes gradients on
 */
public record StageLayout(
        List<List<RunPlace>> runs,
        ActivationSlots slots,
        long gradientsStart,
        long optimizerStart,
        long slotsStart,
        long scratchStart,
        long streamBytes,
        long arenaBytes) {

    /** Where a run's first layer keeps its state, and what it saves within a slot; in bytes. */
    public record RunPlace(Run run, long weights, long gradients, long optimizer, long saved) {}

    static StageLayout of(StageContents contents, PipelineOrder order) {
        long gradientsStart = total(contents, layer -> layer.weightBytes());
        long optimizerStart = gradientsStart + total(contents, layer -> layer.gradientBytes());
        long slotsStart = optimizerStart + total(contents, layer -> layer.optimizerBytes());
        var slots = ActivationSlots.solve(
                order, contents.chunks().stream().map(StageLayout::savedBytes).toList());
        long scratchStart = slotsStart + slots.bytes();
        long stream = contents.chunks().getFirst().getFirst().layer().streamBytes();
        var places = places(contents, gradientsStart, optimizerStart);
        long arena = scratchStart + scratch(contents, order, stream);
        return new StageLayout(places, slots, gradientsStart, optimizerStart, slotsStart, scratchStart, stream, arena);
    }

    private interface BytesOf {
        long bytes(LoweredLayer layer);
    }

    private static long total(StageContents contents, BytesOf bytes) {
        return contents.chunks().stream()
                .flatMap(List::stream)
                .mapToLong(run -> run.count() * bytes.bytes(run.layer()))
                .sum();
    }

    private static long savedBytes(List<Run> chunk) {
        return chunk.stream()
                .mapToLong(run -> run.count() * run.layer().savedBytes())
                .sum();
    }

    private static List<List<RunPlace>> places(StageContents contents, long gradientsStart, long optimizerStart) {
        long weights = 0;
        long gradients = gradientsStart;
        long optimizer = optimizerStart;
        var chunks = new ArrayList<List<RunPlace>>();
        for (List<Run> chunk : contents.chunks()) {
            long saved = 0;
            var places = new ArrayList<RunPlace>();
            for (Run run : chunk) {
                places.add(new RunPlace(run, weights, gradients, optimizer, saved));
                weights += run.count() * run.layer().weightBytes();
                gradients += run.count() * run.layer().gradientBytes();
                optimizer += run.count() * run.layer().optimizerBytes();
                saved += run.count() * run.layer().savedBytes();
            }
            chunks.add(places);
        }
        return chunks;
    }

    /** The most scratch any body takes, on top of the stream buffers alive beside it. */
    private static long scratch(StageContents contents, PipelineOrder order, long stream) {
        long most = 0;
        int lastChunk = contents.chunks().size() - 1;
        for (int c = 0; c <= lastChunk; c++) {
            List<Run> chunk = contents.chunks().get(c);
            for (Run run : chunk) {
                boolean sends = run.equals(chunk.getLast()) && order.sendsForward(c);
                long forward = run.layer().forwardBody().scratchBytes() + (sends ? stream : 0);
                long backward = run.layer().backwardBody().scratchBytes() + streamBuffers(run.layer()) * stream;
                most = Math.max(most, Math.max(forward, backward));
            }
        }
        return most;
    }

    /** Stream buffers alive during a layer's backward pass: the gradient that comes and the one that leaves. */
    static int streamBuffers(LoweredLayer layer) {
        return switch (layer.kind().role()) {
            case HEAD -> 1;
            case BLOCK, EMBED -> 2;
        };
    }

    /** Bytes of each part; together the arena. */
    public Map<MemoryPart, Long> memory() {
        var parts = new EnumMap<MemoryPart, Long>(MemoryPart.class);
        parts.put(MemoryPart.PARAMETERS, gradientsStart);
        parts.put(MemoryPart.GRADIENTS, optimizerStart - gradientsStart);
        parts.put(MemoryPart.OPTIMIZER, slotsStart - optimizerStart);
        parts.put(MemoryPart.ACTIVATIONS, scratchStart - slotsStart);
        parts.put(MemoryPart.WORKSPACE, arenaBytes - scratchStart);
        return parts;
    }
}
