package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.optimizer.lower.LoweredLayer.BodyWithScratch;
import dev.dovetail.optimizer.lower.StageContents.Run;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The arena of a stage's ranks: weights, gradients, optimizer state, two stream buffers, activation slots, scratch, one after
 * the other.
 *
 * <p>The head's saved values end the slot they are in. Once its backward pass has freed them, scratch memory of the passes that
 * follow begins there, if that slot is the last: so the arena is no larger than what is alive at once.
 *
 * @param runs where the state of each run of layers starts, in the order of {@link StageContents}
 * @param gradientsStart first byte of the gradients
 * @param optimizerStart first byte of the optimizer state
 * @param streamStart first byte of the two stream buffers
 * @param slotsStart first byte of the activation slots
 * @param scratchStart first byte of scratch memory
 * @param freedByHead bytes below {@code scratchStart} that are free again after the head's backward pass
 * @param windowStart first byte of two windows for what layers save that lies beside the arena, which they take by turns
 * @param windowBytes bytes of one window
 * @param beside slots beside the arena for what lies there
 * @param besideStart first address beside the arena: of the weights that lie there
 * @param besideGradients first address of the gradients that lie there
 * @param besideOptimizer first address of the optimizer's state that lies there
 * @param besideSlots first address of {@code beside}
 * @param streamBytes bytes of one stream buffer: of the most that any layer of the model takes in or hands on
 */
public record StageLayout(
        List<List<RunPlace>> runs,
        ActivationSlots slots,
        long gradientsStart,
        long optimizerStart,
        long streamStart,
        long slotsStart,
        long scratchStart,
        long freedByHead,
        long windowStart,
        long windowBytes,
        ActivationSlots beside,
        long besideStart,
        long besideGradients,
        long besideOptimizer,
        long besideSlots,
        long streamBytes,
        long arenaBytes) {
    /** What lies beside the arena begins on a page. */
    private static final long PAGE = 4096;

    /**
     * Where a run's first layer keeps its state, in bytes.
     *
     * @param kept how far into its slots what it keeps of a micro-batch begins
     * @param beside how far into the slot beside the arena
     * @param turn layers of the chunk before it whose saved values lie beside
     */
    public record RunPlace(Run run, long weights, long gradients, long optimizer, Kept kept, long beside, int turn) {}

    /**
     * What is as large on every stage, in bytes.
     *
     * @param stream a stream buffer
     * @param window a window for what layers save that lies beside the arena
     */
    record Shared(long stream, long window) {}

    static StageLayout of(StageContents contents, PipelineOrder order, Shared shared) {
        long gradientsStart = total(contents, LoweredLayer::nearWeightBytes);
        long optimizerStart = gradientsStart + total(contents, LoweredLayer::nearGradientBytes);
        long streamStart = optimizerStart + total(contents, LoweredLayer::nearOptimizerBytes);
        long windowStart = streamStart + 2 * shared.stream();
        long slotsStart = windowStart + 2 * shared.window();
        var slots = ActivationSlots.solve(
                order, contents.chunks().stream().map(StageLayout::kept).toList());
        long scratchStart = slotsStart + slots.bytes();
        long freed = slots.endsWithFirstBackward() ? headSaved(contents) : 0;
        long update = windowStart + most(contents, LoweredLayer::updateWindow);
        long arena = Math.max(scratchStart + scratch(contents, freed), update);
        long besideStart = Math.ceilDiv(arena, PAGE) * PAGE;
        long besideGradients = besideStart + total(contents, layer -> layer.weightBytes() - layer.nearWeightBytes());
        long besideOptimizer =
                besideGradients + total(contents, layer -> layer.gradientBytes() - layer.nearGradientBytes());
        long besideSlots =
                besideOptimizer + total(contents, layer -> layer.optimizerBytes() - layer.nearOptimizerBytes());
        var beside = ActivationSlots.solve(
                order,
                contents.chunks().stream()
                        .map(chunk -> Kept.untilBackward(chunk.stream()
                                .mapToLong(run -> run.count() * run.layer().besideBytes())
                                .sum()))
                        .toList());
        return new StageLayout(
                places(
                        contents,
                        new Cursor(LoweredLayer::weightBytes, LoweredLayer::nearWeightBytes, 0, besideStart),
                        new Cursor(
                                LoweredLayer::gradientBytes,
                                LoweredLayer::nearGradientBytes,
                                gradientsStart,
                                besideGradients),
                        new Cursor(
                                LoweredLayer::optimizerBytes,
                                LoweredLayer::nearOptimizerBytes,
                                optimizerStart,
                                besideOptimizer)),
                slots,
                gradientsStart,
                optimizerStart,
                streamStart,
                slotsStart,
                scratchStart,
                freed,
                windowStart,
                shared.window(),
                beside,
                besideStart,
                besideGradients,
                besideOptimizer,
                besideSlots,
                shared.stream(),
                arena);
    }

    /** Addresses beside the arena; 0 where nothing lies there. */
    public long besideBytes() {
        long bytes = besideSlots - besideStart + beside.bytes();
        return bytes == 0 ? 0 : besideStart - arenaBytes + bytes;
    }

    private static long most(StageContents contents, BytesOf bytes) {
        return contents.chunks().stream()
                .flatMap(List::stream)
                .mapToLong(run -> bytes.bytes(run.layer()))
                .max()
                .orElse(0);
    }

    private static long headSaved(StageContents contents) {
        LoweredLayer last = contents.chunks().getLast().getLast().layer();
        return isHead(last) ? last.kept().saved() : 0;
    }

    static boolean isHead(LoweredLayer layer) {
        return layer.kind().role() == LayerKind.Role.HEAD;
    }

    /** First byte of the scratch memory of a layer's backward pass, or of either half of it. */
    long backwardScratchStart(LoweredLayer layer) {
        return isHead(layer) ? scratchStart : scratchStart - freedByHead;
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

    /** What a micro-batch keeps in a chunk. */
    Kept kept(int chunk) {
        return kept(runs.get(chunk).stream().map(RunPlace::run).toList());
    }

    private static Kept kept(List<Run> chunk) {
        return chunk.stream().map(run -> run.layer().kept().times(run.count())).reduce(Kept.NONE, Kept::plus);
    }

    /** Hands out the places of one kind of state, run by run: in the arena, or beside it. */
    private static final class Cursor {
        private final BytesOf bytes;
        private final BytesOf near;
        private long inArena;
        private long beside;

        Cursor(BytesOf bytes, BytesOf near, long inArena, long beside) {
            this.bytes = bytes;
            this.near = near;
            this.inArena = inArena;
            this.beside = beside;
        }

        long take(Run run) {
            long each = bytes.bytes(run.layer());
            boolean stays = near.bytes(run.layer()) == each;
            long at = stays ? inArena : beside;
            inArena += stays ? run.count() * each : 0;
            beside += stays ? 0 : run.count() * each;
            return at;
        }
    }

    private static List<List<RunPlace>> places(
            StageContents contents, Cursor weights, Cursor gradients, Cursor optimizer) {
        var chunks = new ArrayList<List<RunPlace>>();
        for (List<Run> chunk : contents.chunks()) {
            Kept kept = Kept.NONE;
            long beside = 0;
            int turn = 0;
            var places = new ArrayList<RunPlace>();
            for (Run run : chunk) {
                places.add(new RunPlace(
                        run, weights.take(run), gradients.take(run), optimizer.take(run), kept, beside, turn));
                kept = kept.plus(run.layer().kept().times(run.count()));
                beside += run.count() * run.layer().besideBytes();
                turn += run.layer().besideBytes() > 0 ? run.count() : 0;
            }
            chunks.add(places);
        }
        return chunks;
    }

    /** The most scratch any body takes beyond the slots. */
    private static long scratch(StageContents contents, long freedByHead) {
        long most = 0;
        for (List<Run> chunk : contents.chunks()) {
            for (Run run : chunk) {
                long below = isHead(run.layer()) ? 0 : freedByHead;
                long backward = Math.max(
                                run.layer().backwardBody().scratchBytes(),
                                run.layer()
                                        .weightsBody()
                                        .map(BodyWithScratch::scratchBytes)
                                        .orElse(0L))
                        - below;
                most = Math.max(most, Math.max(run.layer().forwardBody().scratchBytes(), backward));
            }
        }
        return most;
    }

    /** Bytes of each part; together the arena. */
    public Map<MemoryPart, Long> memory() {
        var parts = new EnumMap<MemoryPart, Long>(MemoryPart.class);
        parts.put(MemoryPart.PARAMETERS, gradientsStart);
        parts.put(MemoryPart.GRADIENTS, optimizerStart - gradientsStart);
        parts.put(MemoryPart.OPTIMIZER, streamStart - optimizerStart);
        parts.put(MemoryPart.ACTIVATIONS, scratchStart - slotsStart);
        parts.put(MemoryPart.WORKSPACE, slotsStart - streamStart + arenaBytes - scratchStart);
        return parts;
    }
}
