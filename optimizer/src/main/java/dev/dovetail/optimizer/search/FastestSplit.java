package dev.dovetail.optimizer.search;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.lower.StagePlacement;
import dev.dovetail.optimizer.lower.StageSplit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The split of layers over the stages of a pipeline whose step is shortest, among those that fit: the one whose stages take all
 * they can in the shortest time in which any split might, its neighbours, and then every other that could still be faster. Few
 * are left, since {@link LayerChain} tells of each beginning whether the stages behind it can hold the rest in time; the longest
 * path through the schedule tells their times.
 */
final class FastestSplit {
    /** Passes timed at most, over all splits; beyond, the best split so far is not proved to be the fastest. */
    private static final long BUDGET = 1_000_000;

    /** Stages of two speeds have so many nearly equal splits that a proof is seldom found with all of the budget either. */
    private static final long FEWER = 8;

    private final Model model;
    private final Schedule schedule;
    private final int stages;
    private final int microbatches;
    private final SplitFinder.Stages costs;
    private final int blocks;
    private final LayerChain chain;

    private long budget;
    private Optional<List<Integer>> best = Optional.empty();
    private double bestSeconds = Double.POSITIVE_INFINITY;
    /** By stage: where it cannot begin if it and those behind it are to hold the rest in {@link #firstsWithin} seconds. */
    private int[] firsts = {};

    private double firstsWithin = Double.NaN;

    /**
     * @param proved whether no other split is faster
     * @param leastSeconds that any split takes
     */
    record Found(Optional<List<Integer>> split, boolean proved, double leastSeconds) {}

    FastestSplit(Model model, Schedule schedule, int stages, int microbatches, SplitFinder.Stages costs) {
        this.model = model;
        this.schedule = schedule;
        this.stages = stages;
        this.blocks = model.blocks();
        this.microbatches = microbatches;
        this.costs = costs;
        this.budget = costs.alike() ? BUDGET : BUDGET / FEWER;
        this.chain = new LayerChain(
                LayerCounts.of(model.order()),
                schedule,
                stages,
                microbatches,
                costs.least(),
                costs.messages().least(),
                costs.ends(),
                costs.traffic(),
                costs.capacities(),
                true);
    }

    /** @param begin the split to begin with, as layers between embedding and head */
    Found from(List<Integer> begin) {
        if (costs.toBeat() == 0) {
            return new Found(best, true, 0);
        }
        time(begin);
        double shortest = chain.leastSeconds(chain.evenSeconds(), true, seconds -> false);
        if (Double.isInfinite(shortest)) {
            return new Found(best, true, shortest);
        }
        // Timed even if it cannot be the best: among all plans it may come second.
        chain.fromTheFront(shortest * (1 + 2 * LayerChain.SHARPNESS)).ifPresent(this::time);
        if (shortest >= limit()) {
            return new Found(best, true, shortest);
        }
        best.ifPresent(this::improve);
        place(new ArrayList<>(), 0, 0);
        return new Found(best, budget > 0, shortest);
    }

    /** From split to neighbouring split, a layer moved from one stage to another, while that helps and there is budget. */
    private void improve(List<Integer> begin) {
        List<Integer> at = begin;
        long most = budget;
        while (at != null && budget > most / 2) {
            double before = bestSeconds;
            List<Integer> from = at;
            at = null;
            for (int giver = 0; giver < stages && at == null; giver++) {
                for (int taker = 0; taker < stages && at == null; taker++) {
                    boolean canGive = from.get(giver) > (giver == 0 || giver == stages - 1 ? 0 : 1);
                    if (giver == taker || !canGive || budget < most / 2) {
                        continue;
                    }
                    var moved = new ArrayList<>(from);
                    moved.set(giver, from.get(giver) - 1);
                    moved.set(taker, from.get(taker) + 1);
                    time(moved);
                    at = bestSeconds < before ? moved : null;
                }
            }
        }
    }

    /** Takes the split for the best if it fits and is faster. */
    private void time(List<Integer> blocks) {
        var sizes = new ArrayList<>(blocks);
        sizes.set(0, sizes.getFirst() + 1);
        sizes.set(stages - 1, sizes.getLast() + 1);
        var split = new StageSplit(sizes);
        var found = new FittingRecomputation(model, split, stages, 1, schedule, microbatches, costs.least())
                .within(costs.capacities());
        if (!found.fits()) {
            return;
        }
        StageShares shares = StageShares.of(
                model,
                StagePlacement.of(schedule, stages, 1),
                split,
                found.recompute(),
                costs.least().any().modes());
        ByStage<LayerFigures[]> figures = costs.least().map(of -> StageShares.arranged(of.figures()));
        StepModel step =
                StepModel.of(schedule, microbatches, shares, figures, costs.messages(), costs.ends(), costs.traffic());
        if (step.leastSeconds(StepModel.Sharing.NONE) >= bestSeconds) {
            budget -= stages;
            return;
        }
        budget -= 2L * stages * microbatches;
        double seconds = step.seconds();
        if (seconds < bestSeconds * (1 - Goal.ROUNDING)) {
            bestSeconds = seconds;
            best = Optional.of(List.copyOf(blocks));
        }
    }

    /**
     * Tries every number of layers for the next stage that may yet lead to a faster split.
     *
     * @param placed layers on the stages so far, embedding and head not counted
     * @param again seconds that one micro-batch takes longer on them, since they compute again
     */
    private void place(List<Integer> placed, int first, double again) {
        budget -= stages;
        int stage = placed.size();
        boolean isLast = stage == stages - 1;
        boolean mayBeEmpty = stage == 0 || isLast;
        int most = blocks - (isLast ? 0 : Math.max(0, stages - stage - 2));
        LayerChain.Run run = chain.run(stage, first);
        for (int end = first; end <= most; end++) {
            if (end > first) {
                run.add(model.order().get(end));
            }
            if (budget <= 0 || run.isTooMuch(limit(), true, again)) {
                return;
            }
            if (end == first && !mayBeEmpty || isLast && end < blocks) {
                continue;
            }
            placed.add(end - first);
            if (isLast) {
                time(placed);
            } else if (end >= firstOf(stage + 1)) {
                place(placed, end, again + run.again());
            }
            placed.removeLast();
        }
    }

    private int firstOf(int stage) {
        if (firstsWithin != limit()) {
            firstsWithin = limit();
            firsts = chain.firsts(firstsWithin);
        }
        return firsts[stage];
    }

    /** Seconds from which on a split is no use. */
    private double limit() {
        return Math.min(bestSeconds, costs.toBeat()) * (1 - Goal.ROUNDING);
    }
}
