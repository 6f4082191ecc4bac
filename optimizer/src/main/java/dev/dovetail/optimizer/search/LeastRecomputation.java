package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.optimizer.lower.Live;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How many layers of a stage must compute what again, so that the stage fits its device and does the least of it: a knapsack
 * (Korthikanti et al. 2022, arXiv:2205.05198, choose for all layers at once; Sun et al. 2024, AdaPipe, for each stage). Layers
 * of a kind are alike, so only how many count; exact, by dominance among what is left.
 * One record, since the quick bound, the exact solution and the leanest one must count the same bytes.
 *
 * @param modes ways to recompute, the one that keeps all first
 * @param figures by mode and kind of layer; passes forward are the same in every mode
 * @param streamBytes of one stream buffer
 * @param sequences that the saved bytes of the figures stand for
 * @param shardWays ranks that may still come to share the parameters' state
 * @param known solved before
 */
record LeastRecomputation(
        List<Recompute> modes,
        List<LayerFigures[]> figures,
        long streamBytes,
        int sequences,
        int shardWays,
        Map<Asked, Optional<Solution>> known) {
    LeastRecomputation(
            List<Recompute> modes, List<LayerFigures[]> figures, long streamBytes, int sequences, int shardWays) {
        this(modes, figures, streamBytes, sequences, shardWays, new HashMap<>());
    }

    /** Layers of one stage, passes alive and bytes: what a solution depends on, in a row. */
    record Asked(long[] numbers) {
        static Asked of(int[][] counts, Live[] live, long capacity) {
            long[] numbers = new long[counts.length * (counts[0].length + 3) + 1];
            int next = 0;
            numbers[next++] = capacity;
            for (int chunk = 0; chunk < counts.length; chunk++) {
                numbers[next++] = live[chunk].forward();
                numbers[next++] = live[chunk].whole();
                numbers[next++] = live[chunk].between();
                for (int count : counts[chunk]) {
                    numbers[next++] = count;
                }
            }
            return new Asked(numbers);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Asked that && Arrays.equals(numbers, that.numbers);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(numbers);
        }
    }

    /**
     * @param seconds that one micro-batch's gradients take longer than if everything were kept
     * @param counts layers by chunk, kind and mode
     */
    record Solution(double seconds, int[][][] counts) {}

    /**
     * Empty where nothing fits.
     *
     * @param counts layers by chunk and kind
     * @param live by chunk: passes that are alive when the most are
     * @param capacity bytes
     */
    Optional<Solution> solve(int[][] counts, Live[] live, long capacity) {
        return known.computeIfAbsent(Asked.of(counts, live, capacity), asked -> solved(counts, live, capacity));
    }

    /** The more scratch memory passes may take, the less is left to keep: each limit on it is a knapsack of its own. */
    private Optional<Solution> solved(int[][] counts, Live[] live, long capacity) {
        var scratch = new Scratch(counts);
        double left = capacity - fixed(counts, live);
        List<Alike> alike = alike(counts, live);
        double[] limits = scratch.limits();
        if (alike.isEmpty()) {
            return left < limits[0] ? Optional.empty() : Optional.of(alike(counts, 0));
        }
        List<Limited> promising = IntStream.range(0, limits.length)
                .mapToObj(i -> limited(i, rows(alike, counts, scratch, limits[i]), left - limits[i]))
                .flatMap(Optional::stream)
                .sorted(Comparator.comparingDouble(limit -> limit.knapsack().least()))
                .toList();
        Limited chosen = null;
        Knapsack.Filled best = null;
        for (Limited next : promising) {
            double least = next.knapsack().least();
            if (best != null
                    && (least > best.seconds() || least == best.seconds() && next.number() > chosen.number())) {
                continue;
            }
            Knapsack.Filled filled = next.knapsack().filled().orElseThrow();
            if (best == null
                    || filled.seconds() < best.seconds()
                    || filled.seconds() == best.seconds() && next.number() < chosen.number()) {
                best = filled;
                chosen = next;
            }
        }
        return Optional.ofNullable(best)
                .map(filled -> new Solution(filled.seconds(), unrolled(filled.counts(), alike, counts)));
    }

    /** @param number the smaller the less scratch memory passes may take */
    private record Limited(int number, Knapsack knapsack) {}

    private static Optional<Limited> limited(int number, List<Knapsack.Row> rows, double room) {
        if (rows.stream().anyMatch(row -> row.ways().length == 0)) {
            return Optional.empty();
        }
        return Optional.of(new Limited(number, new Knapsack(rows, room)))
                .filter(limited -> Double.isFinite(limited.knapsack().least()));
    }

    /** The way to recompute that takes least memory, alike on all layers of the stage. */
    Solution leanest(int[][] counts, Live[] live) {
        int leanest = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int mode = 0; mode < modes.size(); mode++) {
            double bytes = new Scratch(counts).alike(mode);
            for (int chunk = 0; chunk < counts.length; chunk++) {
                for (int kind = 1; kind < head(); kind++) {
                    bytes += counts[chunk][kind] * saved(mode, kind, live[chunk]);
                }
            }
            if (bytes < least) {
                least = bytes;
                leanest = mode;
            }
        }
        return alike(counts, leanest);
    }

    private Solution alike(int[][] counts, int mode) {
        int[][][] all = new int[counts.length][head()][modes.size()];
        double seconds = 0;
        for (int chunk = 0; chunk < counts.length; chunk++) {
            for (int kind = 1; kind < head(); kind++) {
                all[chunk][kind][mode] = counts[chunk][kind];
                seconds += counts[chunk][kind] * extra(mode, kind);
            }
        }
        return new Solution(seconds, all);
    }

    private int head() {
        return figures.getFirst().length - 1;
    }

    /** Seconds that a layer's gradients take longer than if it kept everything. */
    double extra(int mode, int kind) {
        return figures.get(mode)[kind].gradientPasses().total()
                - figures.getFirst()[kind].gradientPasses().total();
    }

    /** Bytes of a layer in a mode. */
    double saved(int mode, int kind, Live live) {
        return (double) sequences * figures.get(mode)[kind].saved().of(live);
    }

    /** State, stream buffers, and what embedding and head keep. */
    private double fixed(int[][] counts, Live[] live) {
        double state = 0;
        double kept = 2.0 * streamBytes;
        for (int chunk = 0; chunk < counts.length; chunk++) {
            for (int kind = 0; kind <= head(); kind++) {
                state += (double) counts[chunk][kind] * figures.getFirst()[kind].state();
            }
            kept += counts[chunk][0] * saved(0, 0, live[chunk]) + counts[chunk][head()] * saved(0, head(), live[chunk]);
        }
        return Math.floor(state / shardWays) + kept;
    }

    /** Scratch memory of a stage; as in {@link StageMemory}, what follows the head may begin where its saved values were. */
    private final class Scratch {
        private final int[][] counts;
        private final double freed;
        private final double ends;

        Scratch(int[][] counts) {
            this.counts = counts;
            boolean hasHead = counts[counts.length - 1][head()] > 0;
            this.freed = hasHead ? saved(0, head(), Live.untilBackward(1)) : 0;
            double embedding = counts[0][0] > 0 ? of(0, 0) : 0;
            this.ends = Math.max(embedding, hasHead ? of(0, head()) : 0);
        }

        /** What a layer's passes take. */
        double of(int mode, int kind) {
            LayerFigures layer = figures.get(mode)[kind];
            return Math.max(layer.forwardScratch(), layer.backwardScratch() - (kind == head() ? 0 : freed));
        }

        private boolean has(int kind) {
            return Arrays.stream(counts).anyMatch(chunk -> chunk[kind] > 0);
        }

        /** Every amount that some layer's passes take at most. */
        double[] limits() {
            DoubleStream layers = IntStream.range(1, head())
                    .filter(this::has)
                    .boxed()
                    .flatMapToDouble(kind -> IntStream.range(0, modes.size()).mapToDouble(mode -> of(mode, kind)));
            return DoubleStream.concat(DoubleStream.of(ends), layers)
                    .map(bytes -> Math.max(ends, bytes))
                    .distinct()
                    .sorted()
                    .toArray();
        }

        double alike(int mode) {
            return IntStream.range(1, head())
                    .filter(this::has)
                    .mapToDouble(kind -> of(mode, kind))
                    .reduce(ends, Math::max);
        }
    }

    // --- the knapsack
    // ---------------------------------------------------------------------------------------------------------

    /** Layers of a kind in chunks of which as many micro-batches are alive: it is all one which of them computes again. */
    private record Alike(int kind, Live live, List<Integer> chunks) {
        int layers(int[][] counts) {
            int sum = 0;
            for (int chunk : chunks) {
                sum += counts[chunk][kind];
            }
            return sum;
        }
    }

    private List<Alike> alike(int[][] counts, Live[] live) {
        var all = new ArrayList<Alike>();
        for (int chunk = 0; chunk < counts.length; chunk++) {
            for (int kind = 1; kind < head(); kind++) {
                if (counts[chunk][kind] > 0) {
                    among(all, kind, live[chunk]).chunks().add(chunk);
                }
            }
        }
        return all;
    }

    private static Alike among(List<Alike> all, int kind, Live live) {
        for (Alike known : all) {
            if (known.kind() == kind && known.live().equals(live)) {
                return known;
            }
        }
        var first = new Alike(kind, live, new ArrayList<>());
        all.add(first);
        return first;
    }

    private List<Knapsack.Row> rows(List<Alike> alike, int[][] counts, Scratch scratch, double limit) {
        return alike.stream().map(some -> row(some, counts, scratch, limit)).toList();
    }

    private Knapsack.Row row(Alike some, int[][] counts, Scratch scratch, double limit) {
        double[] bytes = new double[modes.size()];
        double[] seconds = new double[modes.size()];
        for (int mode = 0; mode < bytes.length; mode++) {
            bytes[mode] = saved(mode, some.kind(), some.live());
            seconds[mode] = extra(mode, some.kind());
        }
        int[] allowed = IntStream.range(0, bytes.length)
                .filter(mode -> scratch.of(mode, some.kind()) <= limit)
                .toArray();
        return new Knapsack.Row(some.layers(counts), bytes, seconds, allowed);
    }

    /** Of chunks that are alike the first compute most again. */
    private int[][][] unrolled(int[][] filled, List<Alike> alike, int[][] counts) {
        int[][][] modesOf = new int[counts.length][head()][modes.size()];
        for (int row = 0; row < filled.length; row++) {
            Alike some = alike.get(row);
            int[] left = filled[row].clone();
            int mode = left.length - 1;
            for (int chunk : some.chunks()) {
                for (int layer = 0; layer < counts[chunk][some.kind()]; layer++) {
                    while (left[mode] == 0) {
                        mode--;
                    }
                    left[mode]--;
                    modesOf[chunk][some.kind()][mode]++;
                }
            }
        }
        return modesOf;
    }
}
