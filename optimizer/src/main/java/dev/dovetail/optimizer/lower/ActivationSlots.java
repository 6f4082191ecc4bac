package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.program.IndexExpr;
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
 * Where a stage keeps the activations of micro-batches between their passes: as many slots as are alive at once, reused. How many bytes
 * they take is known before it is known where each micro-batch has its own, which a search does not ask.
 */
public final class ActivationSlots {
    /** Beyond so many places to look at, over all passes, none looks for the lowest that is free: thousands of layers one by one. */
    private static final long MOST_LOOKS = 2_000_000;

    private final long bytes;
    private final boolean endsWithFirstBackward;
    private final Supplier<List<Slot>> written;
    private List<Slot> slots = List.of();

    private ActivationSlots(long bytes, boolean endsWithFirstBackward, Supplier<List<Slot>> written) {
        this.bytes = bytes;
        this.endsWithFirstBackward = endsWithFirstBackward;
        this.written = written;
    }

    /** Of all slots together. */
    public long bytes() {
        return bytes;
    }

    /** Whether the slot whose backward pass runs first while all are alive is the last in memory. */
    boolean endsWithFirstBackward() {
        return endsWithFirstBackward;
    }

    /** For each chunk, where a micro-batch keeps what. */
    public List<Slot> slots() {
        if (slots.isEmpty()) {
            slots = List.copyOf(written.get());
        }
        return slots;
    }

    /** In bytes from the first slot: what is kept as {@link Kept} says, each kind in slots of its own. */
    public record Slot(IndexExpr saved, IndexExpr late, IndexExpr between) {}

    /** @param kept what a micro-batch keeps in each chunk */
    static ActivationSlots solve(PipelineOrder order, List<Kept> kept) {
        if (order.chunks() == 1) {
            return rings(order, kept.getFirst());
        }
        Way late = best(order, Span.LATE, kept, Kept::late);
        Way between = best(order, Span.BETWEEN, kept, Kept::between);
        Way saved = best(order, Span.SAVED, kept, Kept::saved);
        long beyond = late.bytes() + between.bytes();
        return new ActivationSlots(
                beyond + saved.bytes(), false, () -> slots(saved.places(), beyond, late, between.places()));
    }

    private static List<Slot> slots(
            Supplier<List<IndexExpr>> savedAt, long beyond, Way late, Supplier<List<IndexExpr>> betweenAt) {
        List<IndexExpr> saved = savedAt.get();
        List<IndexExpr> whole = late.places().get();
        List<IndexExpr> between = betweenAt.get();
        return IntStream.range(0, saved.size())
                .mapToObj(chunk -> new Slot(
                        saved.get(chunk).plus(beyond),
                        whole.get(chunk),
                        between.get(chunk).plus(late.bytes())))
                .toList();
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

    private static Way best(PipelineOrder order, Span span, List<Kept> kept, ToLongFunction<Kept> of) {
        List<Long> chunkBytes = kept.stream().map(of::applyAsLong).toList();
        if (chunkBytes.stream().allMatch(bytes -> bytes == 0)) {
            return new Way(0, () -> Collections.nCopies(order.chunks(), IndexExpr.of(0)));
        }
        // Thousands of layers one by one have millions of passes: none is written down where their number says enough.
        Supplier<List<Turn>> passes = () -> span.of(order.passesInOrder());
        Way pooled = pooled(order, passes, chunkBytes);
        // Slots of one size serve every chunk: no other way takes less.
        boolean alike = chunkBytes.stream().distinct().count() == 1;
        boolean many =
                2L * order.microbatches() * order.chunks() * order.alive().forward() > MOST_LOOKS;
        Stream<Supplier<Way>> others = alike
                ? Stream.of()
                : Stream.of(() -> apart(order, passes, chunkBytes), () -> firstFit(order, passes.get(), chunkBytes));
        return Stream.concat(Stream.of(pooled), others.limit(many ? 1 : 2).map(Supplier::get))
                .min(Comparator.comparingLong(Way::bytes))
                .orElseThrow();
    }

    /**
     * A way to place what is kept: tables are written for the best alone.
     *
     * @param places for each chunk, where it keeps a micro-batch's share
     */
    private record Way(long bytes, Supplier<List<IndexExpr>> places) {}

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
                () -> List.of(new Slot(
                        slot.times(kept.saved()).plus(beyond),
                        ring(live.whole(), kept.late()),
                        ring(live.between(), kept.between()).plus(whole))));
    }

    private static IndexExpr ring(int live, long bytes) {
        return bytes == 0
                ? IndexExpr.of(0)
                : IndexExpr.variable(LayerBodies.MICROBATCH).remainder(live).times(bytes);
    }

    /** Slots of each pool: as many as are alive at once, since each is taken from one pass to another. */
    private static long[] slots(PipelineOrder order, Supplier<List<Turn>> passes, IntUnaryOperator poolOf, int pools) {
        if (order.inRounds()) {
            return IntStream.range(0, pools)
                    .mapToLong(pool -> pools == 1 ? order.alive().forward() : order.mostInRounds(pool))
                    .toArray();
        }
        long[] alive = new long[pools];
        long[] most = new long[pools];
        for (Turn pass : passes.get()) {
            int pool = poolOf.applyAsInt(pass.chunk());
            alive[pool] += pass.takes() ? 1 : -1;
            most[pool] = Math.max(most[pool], alive[pool]);
        }
        return most;
    }

    /** One pool for all chunks, with slots of the largest size. */
    private static Way pooled(PipelineOrder order, Supplier<List<Turn>> passes, List<Long> chunkBytes) {
        long largest = chunkBytes.stream().mapToLong(Long::longValue).max().orElse(0);
        long bytes = slots(order, passes, chunk -> 0, 1)[0] * largest;
        return new Way(bytes, () -> {
            long[][] slots = assign(order, passes.get(), chunk -> 0, 1);
            return Arrays.stream(slots)
                    .map(table -> lookup(table).times(largest))
                    .toList();
        });
    }

    /** A pool for each chunk. */
    private static Way apart(PipelineOrder order, Supplier<List<Turn>> passes, List<Long> chunkBytes) {
        long[] most = slots(order, passes, chunk -> chunk, order.chunks());
        long[] starts = new long[most.length + 1];
        for (int chunk = 0; chunk < most.length; chunk++) {
            starts[chunk + 1] = starts[chunk] + most[chunk] * chunkBytes.get(chunk);
        }
        long bytes = starts[most.length];
        return new Way(bytes, () -> {
            long[][] slots = assign(order, passes.get(), chunk -> chunk, order.chunks());
            return IntStream.range(0, slots.length)
                    .mapToObj(chunk ->
                            lookup(slots[chunk]).times(chunkBytes.get(chunk)).plus(starts[chunk]))
                    .toList();
        });
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
        return new Way(
                end, () -> Arrays.stream(places).map(ActivationSlots::lookup).toList());
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
    private static long[][] assign(PipelineOrder order, List<Turn> passes, IntUnaryOperator poolOf, int pools) {
        int[] used = new int[pools];
        var free = new BitSet[pools];
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
