package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.optimizer.technique.Choice.Values;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.function.Function;
import java.util.function.IntToLongFunction;

/**
 * Which ways to recompute are worth trying for a plan that does not fit without, once all else is decided: the least work with
 * which every stage fits. Few ways are all tried.
 *
 * @param capacities most bytes of each stage
 * @param apart whether a stage's arena depends on what its own layers compute again alone
 * @param arena by what is computed again: bytes of each stage's arena, laid out
 */
record RecomputationFinder(
        FittingRecomputation fitting,
        Focus focus,
        long[] capacities,
        boolean apart,
        Function<Recomputation, IntToLongFunction> arena) {
    /** As many ways as this are all tried. */
    private static final int FEW = 32;

    /** Attempts to make room for what only the arena itself tells. */
    private static final int ATTEMPTS = 24;

    Values<Recomputation> values() {
        SequencedSet<Recomputation> values = new LinkedHashSet<>(List.of(Recomputation.NONE));
        boolean simple = fitting.chunks() == 1 && !focus.priced();
        boolean leanest = !focus.timed() || focus.capacity() == Long.MAX_VALUE;
        if (leanest) {
            values.add(fitting.leanest());
            return new Values<>(List.copyOf(values), true);
        }
        if (!simple && few()) {
            values.addAll(all(List.of()));
            return new Values<>(List.copyOf(values), true);
        }
        boolean atOnce = add(values);
        return new Values<>(List.copyOf(values), atOnce && !focus.priced());
    }

    /** Whether the first that should fit did, so that none does less. What solves a stage again is the same object as before. */
    @SuppressWarnings("ReferenceEquality")
    private boolean add(SequencedSet<Recomputation> values) {
        long[] capacity = capacities.clone();
        long[] laidOut = new long[capacity.length];
        List<LeastRecomputation.Solution> before = List.of();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            FittingRecomputation.Found found = fitting.within(capacity);
            if (!found.fits()) {
                return attempt == 0;
            }
            boolean all = true;
            IntToLongFunction bytes = arena.apply(found.recompute());
            for (int stage = 0; stage < capacity.length; stage++) {
                boolean known = apart
                        && !before.isEmpty()
                        && before.get(stage) == found.solutions().get(stage);
                laidOut[stage] = known ? laidOut[stage] : bytes.applyAsLong(stage);
                long over = laidOut[stage] - capacities[stage];
                capacity[stage] -= Math.max(0, over);
                all &= over <= 0;
            }
            before = found.solutions();
            if (all) {
                values.add(found.recompute());
                return attempt == 0;
            }
        }
        values.add(fitting.leanest());
        return false;
    }

    private boolean few() {
        return Math.pow(Recompute.SOLVED.size(), fitting.model().blocks()) <= FEW;
    }

    private List<Recomputation> all(List<Recompute> begun) {
        if (begun.size() == fitting.model().blocks()) {
            return List.of(Recomputation.ofEach(begun));
        }
        var all = new ArrayList<Recomputation>();
        for (Recompute next : Recompute.SOLVED) {
            var longer = new ArrayList<>(begun);
            longer.add(next);
            all.addAll(all(longer));
        }
        return all;
    }
}
