package dev.dovetail.optimizer.search;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.solver.StagePartition;
import dev.dovetail.optimizer.technique.Choice.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * Which splits of a model's layers over its stages are worth trying, once all else is decided.
 *
 * <p>Few splits are all tried. Otherwise, one stage a rank: the fastest split that fits, by {@link FastestSplit}, and the one
 * that takes least memory. Interleaved: even ones, with embedding and head counted as layers or not.
 */
final class SplitFinder {
    /** As many splits as this are all tried. */
    private static final int FEW = 32;

    /** Attempts to make room for what only the arenas themselves tell. */
    private static final int ATTEMPTS = 12;

    private final int blocks;
    private final int stages;
    private final int chunks;
    private final Model model;
    private final Decisions before;
    private final int microbatches;
    private final Supplier<Stages> costs;

    /**
     * What the layers of the plan cost.
     *
     * @param least of what must be computed again on each stage, in the ways that are open
     * @param apart whether what a stage computes again is its own affair, and not said layer by layer
     * @param capacities most bytes of each stage
     * @param toBeat seconds of a step beyond which nothing matters; 0 where time does not
     * @param arenas by split: bytes of each stage's arena, laid out; empty where layers may yet compute more again
     */
    record Stages(
            ByStage<LeastRecomputation> least,
            boolean apart,
            Messages messages,
            StepEnds ends,
            Engine.Traffic traffic,
            long[] capacities,
            double toBeat,
            Optional<Function<List<Integer>, IntToLongFunction>> arenas) {

        /** The same with less room. */
        Stages within(long[] fewer) {
            return new Stages(least, apart, messages, ends, traffic, fewer, toBeat, arenas);
        }

        /** By kind of layer, with the least work on a stage. */
        LayerFigures[] fastest(int stage) {
            return least.at(stage).figures().getFirst();
        }

        /** By kind of layer, with the least work on any stage. */
        LayerFigures[] fastest() {
            return least.used().stream()
                    .map(of -> of.figures().getFirst())
                    .reduce(LayerFigures::shorter)
                    .orElseThrow();
        }

        /** By kind of layer, with the least kept. */
        LayerFigures[] leanest() {
            return LayerFigures.keepingLeast(least.any().figures());
        }

        /** Whether stages differ in nothing but what they hold. */
        boolean alike() {
            return least.nodes().isEmpty();
        }
    }

    SplitFinder(Model model, Decisions before, int microbatches, Supplier<Stages> costs) {
        this.blocks = model.blocks();
        this.stages = before.get(Decision.PIPELINE);
        this.chunks = before.get(Decision.INTERLEAVE);
        this.model = model;
        this.before = before;
        this.microbatches = microbatches;
        this.costs = costs;
    }

    /** Layers between embedding and head that the smallest chunk of a stage has in any split that is tried. */
    static int smallestChunk(int blocks, int stages, int chunks, int stage) {
        int even = blocks / (stages * chunks);
        boolean few = chunks > 1 && countUpTo(FEW, blocks, stages * chunks, 1) <= FEW;
        boolean beside = stage == 0 || stage == stages - 1;
        return chunks > 1 && !few ? Math.max(1, beside ? even - 1 : even) : 1;
    }

    Values<List<Integer>> values() {
        List<Integer> even = StageSplit.even(blocks, stages * chunks).blocks();
        if (stages == 1) {
            return new Values<>(List.of(even), true);
        }
        int leastAtEnds = chunks == 1 ? 0 : 1;
        if (countUpTo(FEW, blocks, stages * chunks, leastAtEnds) <= FEW) {
            return new Values<>(every(even, leastAtEnds), true);
        }
        return chunks == 1 ? fastest(even) : new Values<>(evenWithEnds(even), true);
    }

    // --- few
    // --------------------------------------------------------------------------------------------------------------

    /** Ways to write {@code blocks} as a row of {@code parts}, of which only the first and the last may be empty. */
    private static long countUpTo(long most, int blocks, int parts, int leastAtEnds) {
        long free = blocks - (parts - 2) - 2L * leastAtEnds;
        long count = 1;
        for (int i = 1; i < parts && count <= most; i++) {
            count = count * (free + i) / i;
        }
        return count;
    }

    private List<List<Integer>> every(List<Integer> even, int leastAtEnds) {
        var all = new LinkedHashSet<List<Integer>>();
        all.add(even);
        int parts = stages * chunks;
        int[] least = new int[parts];
        Arrays.fill(least, 1);
        least[0] = leastAtEnds;
        least[parts - 1] = leastAtEnds;
        int[] next = least.clone();
        next[parts - 1] = blocks - Arrays.stream(least, 0, parts - 1).sum();
        if (next[parts - 1] >= leastAtEnds) {
            do {
                all.add(Arrays.stream(next).boxed().toList());
            } while (advance(next, least));
        }
        return List.copyOf(all);
    }

    /** The next in the order of dictionaries: the last part that may take one from those behind it does, and they start again. */
    private static boolean advance(int[] split, int[] least) {
        int last = split.length - 1;
        int spare = split[last] - least[last];
        int grows = last - 1;
        while (grows >= 0 && spare == 0) {
            spare += split[grows] - least[grows];
            grows--;
        }
        if (grows < 0) {
            return false;
        }
        split[grows]++;
        for (int behind = grows + 1; behind < last; behind++) {
            split[behind] = least[behind];
        }
        split[last] = least[last] + spare - 1;
        return true;
    }

    // --- interleaved
    // ------------------------------------------------------------------------------------------------------

    /** Embedding and head count as a layer each, as one of them, or not at all. */
    private List<List<Integer>> evenWithEnds(List<Integer> even) {
        var splits = new LinkedHashSet<List<Integer>>();
        splits.add(even);
        for (int ends = 1; ends <= 3; ends++) {
            int first = ends & 1;
            int last = ends >> 1;
            var split = new ArrayList<>(
                    StageSplit.even(blocks + first + last, stages * chunks).blocks());
            split.set(0, split.getFirst() - first);
            split.set(split.size() - 1, split.getLast() - last);
            if (!split.contains(0)) {
                splits.add(split);
            }
        }
        return List.copyOf(splits);
    }

    // --- one stage a rank
    // -------------------------------------------------------------------------------------------------

    private Values<List<Integer>> fastest(List<Integer> even) {
        FastestSplit.Found found = fastest(even, costs.get());
        var splits = new LinkedHashSet<List<Integer>>();
        splits.add(even);
        found.split().ifPresent(splits::add);
        boolean fits = found.split().map(this::over).map(Arrays::stream).stream()
                .allMatch(over -> over.allMatch(bytes -> bytes == 0));
        if (!fits) {
            splits.addAll(withLessRoom(even, found.split().orElseThrow()));
        }
        if (!fits || found.split().isEmpty() && costs.get().toBeat() == 0) {
            leanest().ifPresent(splits::add);
        }
        boolean proved = found.proved() && fits && costs.get().apart();
        return proved
                ? new Values<>(List.copyOf(splits), true)
                : new Values<>(List.copyOf(splits), Seconds.of(found.leastSeconds()));
    }

    private FastestSplit.Found fastest(List<Integer> even, Stages within) {
        return new FastestSplit(model, before.get(Decision.SCHEDULE), stages, microbatches, within).from(even);
    }

    /** Arenas take more than the bytes in them: splits for so much less room, the last of which fits if any of them does. */
    private List<List<Integer>> withLessRoom(List<Integer> even, List<Integer> first) {
        long[] room = costs.get().capacities().clone();
        var found = new ArrayList<List<Integer>>();
        Optional<List<Integer>> next = Optional.of(first);
        for (int attempt = 0; attempt < ATTEMPTS && next.isPresent(); attempt++) {
            long[] over = over(next.get());
            if (Arrays.stream(over).allMatch(bytes -> bytes == 0)) {
                return found;
            }
            Arrays.setAll(room, stage -> room[stage] - over[stage]);
            next = fastest(even, costs.get().within(room)).split();
            next.ifPresent(found::add);
        }
        return found;
    }

    /** By stage, bytes that do not fit; none where what is computed again can still make room. */
    private long[] over(List<Integer> split) {
        long[] over = new long[stages];
        costs.get().arenas().map(arenas -> arenas.apply(split)).ifPresent(bytes -> {
            long[] most = costs.get().capacities();
            Arrays.setAll(over, stage -> Math.max(0, bytes.applyAsLong(stage) - most[stage]));
        });
        return over;
    }

    /** The split whose fullest stage takes least. */
    private Optional<List<Integer>> leanest() {
        LayerFigures[] leanest = costs.get().leanest();
        var live = new ArrayList<Live>();
        for (int stage = 0; stage < stages; stage++) {
            live.add(StepModel.live(before.get(Decision.SCHEDULE), stages, 1, microbatches, stage));
        }
        long[] capacities = costs.get().capacities();
        long roomiest = LongStream.of(capacities).max().orElseThrow();
        return StagePartition.leanest(
                        model.order().stream()
                                .map(kind -> leanest[kind])
                                .map(f -> new StagePartition.Layer(Seconds.ZERO, Bytes.of(f.state()), f.saved()))
                                .toList(),
                        live,
                        LongStream.of(capacities).map(bytes -> roomiest - bytes).toArray())
                .map(cut -> new StageSplit(cut.sizes()).blocks());
    }
}
