package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.program.IndexExpr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where a stage keeps the activations of micro-batches between their passes: as many slots as are alive at once, reused.
 *
 * @param bytes bytes of all slots together
 * @param endsWithFirstBackward whether the slot whose backward pass runs first while all are alive is the last in memory
 * @param slots for each chunk, where a micro-batch keeps what
 */
public record ActivationSlots(long bytes, boolean endsWithFirstBackward, List<Slot> slots) {

    /** Beyond so many places to look at, over all passes, none looks for the lowest that is free: thousands of layers one by one. */
    private static final long MOST_LOOKS = 2_000_000;

    /** In bytes from the first slot: what is kept as {@link Kept} says, each kind in slots of its own. */
    public record Slot(IndexExpr saved, IndexExpr late, IndexExpr between) {}

    /** @param kept what a micro-batch keeps in each chunk */
    static ActivationSlots solve(PipelineOrder order, List<Kept> kept) {
        if (order.chunks() == 1) {
            return rings(order, kept.getFirst());
        }
        boolean nothing = kept.stream().allMatch(Kept.NONE::equals);
        List<PipelineOrder.Pass> passes = nothing ? List.of() : order.passesInOrder();
        Places late = places(order, Span.LATE, passes, kept, Kept::late);
        Places between = places(order, Span.BETWEEN, passes, kept, Kept::between);
        Places saved = places(order, Span.SAVED, passes, kept, Kept::saved);
        long beyond = late.bytes() + between.bytes();
        var slots = new ArrayList<Slot>();
        for (int chunk = 0; chunk < order.chunks(); chunk++) {
            slots.add(new Slot(
                    saved.at().get(chunk).plus(beyond),
                    late.at().get(chunk),
                    between.at().get(chunk).plus(late.bytes())));
        }
        return new ActivationSlots(beyond + saved.bytes(), false, slots);
    }

    /** From which pass to which something is kept. */
    private enum Span {
        SAVED(PipelineOrder.Kind.FORWARD, PipelineOrder.Kind.BACKWARD),
        LATE(PipelineOrder.Kind.FORWARD, PipelineOrder.Kind.WEIGHT_GRADIENTS),
        BETWEEN(PipelineOrder.Kind.BACKWARD, PipelineOrder.Kind.WEIGHT_GRADIENTS);

        private final PipelineOrder.Kind first;
        private final PipelineOrder.Kind last;

        Span(PipelineOrder.Kind first, PipelineOrder.Kind last) {
            this.first = first;
            this.last = last;
        }

        private List<Turn> of(List<PipelineOrder.Pass> passes) {
            return passes.stream()
                    .filter(pass -> pass.kind() == first || pass.kind() == last)
                    .map(pass -> new Turn(pass.kind() == first, pass.chunk(), pass.microbatch()))
                    .toList();
        }
    }

    /** A pass that takes a place, or gives it up. */
    private record Turn(boolean takes, int chunk, int microbatch) {}

    /** @param at for each chunk, where it keeps a micro-batch's share */
    private record Places(long bytes, List<IndexExpr> at) {}

    private static Places places(
            PipelineOrder order, Span span, List<PipelineOrder.Pass> all, List<Kept> kept, ToLongFunction<Kept> of) {
        List<Long> chunkBytes = kept.stream().map(of::applyAsLong).toList();
        if (chunkBytes.stream().allMatch(bytes -> bytes == 0)) {
            return new Places(0, Collections.nCopies(order.chunks(), IndexExpr.of(0)));
        }
        List<Turn> passes = span.of(all);
        Way pooled = pooled(order, passes, chunkBytes);
        // Slots of one size serve every chunk: no other way takes less.
        boolean alike = chunkBytes.stream().distinct().count() == 1;
        boolean many = (long) passes.size() * order.alive().forward() > MOST_LOOKS;
        Stream<Supplier<Way>> others = alike
                ? Stream.of()
                : Stream.of(() -> apart(order, passes, chunkBytes), () -> firstFit(order, passes, chunkBytes));
        return Stream.concat(Stream.of(pooled), others.limit(many ? 1 : 2).map(Supplier::get))
                .min(Comparator.comparingLong(Way::bytes))
                .orElseThrow()
                .places()
                .get();
    }

    /** A way to place what is kept: tables are written for the best alone. */
    private record Way(long bytes, Supplier<Places> places) {}

    /**
     * First in, first out: micro-batch i takes slot i mod live; GPipe, which turns around once, counts from the end. What is
     * kept beyond the backward pass comes first, so that the head's saved values end the slots.
     */
    private static ActivationSlots rings(PipelineOrder order, Kept kept) {
        Live live = order.alive();
        boolean turnsOnce = live.forward() == order.microbatches();
        IndexExpr microbatch = IndexExpr.variable(LayerBodies.MICROBATCH);
        IndexExpr slot = turnsOnce
                ? IndexExpr.of(live.forward() - 1).plus(microbatch.times(-1))
                : microbatch.remainder(live.forward());
        long whole = live.whole() * kept.late();
        long beyond = whole + live.between() * kept.between();
        return new ActivationSlots(
                kept.of(live),
                turnsOnce || live.forward() == 1,
                List.of(new Slot(
                        slot.times(kept.saved()).plus(beyond),
                        ring(live.whole(), kept.late()),
                        ring(live.between(), kept.between()).plus(whole))));
    }

    private static IndexExpr ring(int live, long bytes) {
        return bytes == 0
                ? IndexExpr.of(0)
                : IndexExpr.variable(LayerBodies.MICROBATCH).remainder(live).times(bytes);
    }

    /** One pool for all chunks, with slots of the largest size. */
    private static Way pooled(PipelineOrder order, List<Turn> passes, List<Long> chunkBytes) {
        long largest = chunkBytes.stream().mapToLong(Long::longValue).max().orElse(0);
        int[] used = new int[1];
        long[][] slots = assign(order, passes, chunk -> 0, used);
        long bytes = used[0] * largest;
        return new Way(
                bytes,
                () -> new Places(
                        bytes,
                        Arrays.stream(slots)
                                .map(table -> lookup(table).times(largest))
                                .toList()));
    }

    /** A pool for each chunk. */
    private static Way apart(PipelineOrder order, List<Turn> passes, List<Long> chunkBytes) {
        int[] used = new int[order.chunks()];
        long[][] slots = assign(order, passes, chunk -> chunk, used);
        long[] starts = new long[slots.length + 1];
        for (int chunk = 0; chunk < slots.length; chunk++) {
            starts[chunk + 1] = starts[chunk] + used[chunk] * chunkBytes.get(chunk);
        }
        return new Way(
                starts[slots.length],
                () -> new Places(
                        starts[slots.length],
                        IntStream.range(0, slots.length)
                                .mapToObj(chunk -> lookup(slots[chunk])
                                        .times(chunkBytes.get(chunk))
                                        .plus(starts[chunk]))
                                .toList()));
    }

    /** Each pass takes the lowest stretch of its chunk's own size that is free: for chunks of unequal size. */
    private static Way firstFit(PipelineOrder order, List<Turn> passes, List<Long> chunkBytes) {
        var taken = new Taken();
        long[][] places = new long[order.chunks()][order.microbatches()];
        long end = 0;
        for (Turn pass : passes) {
            long bytes = chunkBytes.get(pass.chunk());
            // Frozen layers keep nothing: they take no place, wherever that would be.
            if (bytes == 0) {
                continue;
            }
            if (pass.takes()) {
                long at = taken.take(bytes);
                places[pass.chunk()][pass.microbatch()] = at;
                end = Math.max(end, at + bytes);
            } else {
                taken.free(places[pass.chunk()][pass.microbatch()]);
            }
        }
        long bytes = end;
        return new Way(
                bytes,
                () -> new Places(
                        bytes,
                        Arrays.stream(places).map(ActivationSlots::lookup).toList()));
    }

    /** Stretches of bytes in use, by where they begin. */
    private static final class Taken {
        private long[] starts = new long[64];
        private long[] ends = new long[64];
        private int count;

        /** Where the lowest stretch of {@code bytes} begins that was free. */
        long take(long bytes) {
            int place = 0;
            long at = 0;
            while (place < count && starts[place] - at < bytes) {
                at = ends[place++];
            }
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
            }
            System.arraycopy(starts, place, starts, place + 1, count - place);
            System.arraycopy(ends, place, ends, place + 1, count - place);
            starts[place] = at;
            ends[place] = at + bytes;
            count++;
            return at;
        }

        void free(long start) {
            int place = Arrays.binarySearch(starts, 0, count, start);
            count--;
            System.arraycopy(starts, place + 1, starts, place, count - place);
            System.arraycopy(ends, place + 1, ends, place, count - place);
        }
    }

    private static IndexExpr lookup(long[] table) {
        IndexExpr index = IndexExpr.variable(LayerBodies.MICROBATCH);
        for (int period = 1; period < table.length; period++) {
            if (repeatsEvery(table, period)) {
                return new IndexExpr.Lookup(
                        Arrays.stream(table).limit(period).boxed().toList(), index.remainder(period));
            }
        }
        return new IndexExpr.Lookup(Arrays.stream(table).boxed().toList(), index);
    }

    private static boolean repeatsEvery(long[] table, int period) {
        for (int i = period; i < table.length; i++) {
            if (table[i] != table[i - period]) {
                return false;
            }
        }
        return true;
    }

    /** Gives each pass the lowest free slot of its chunk's pool: optimal for intervals. */
    private static long[][] assign(PipelineOrder order, List<Turn> passes, IntUnaryOperator poolOf, int[] used) {
        var free = new BitSet[used.length];
        Arrays.setAll(free, pool -> new BitSet());
        long[][] slots = new long[order.chunks()][order.microbatches()];
        for (Turn pass : passes) {
            int pool = poolOf.applyAsInt(pass.chunk());
            if (pass.takes()) {
                int slot = free[pool].nextSetBit(0);
                slots[pass.chunk()][pass.microbatch()] = slot < 0 ? used[pool]++ : slot;
                if (slot >= 0) {
                    free[pool].clear(slot);
                }
            } else {
                free[pool].set((int) slots[pass.chunk()][pass.microbatch()]);
            }
        }
        return slots;
    }
}
