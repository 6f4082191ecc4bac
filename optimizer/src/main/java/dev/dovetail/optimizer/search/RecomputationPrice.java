package dev.dovetail.optimizer.search;

import dev.dovetail.optimizer.lower.Live;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What room on a stage costs at least: layers give up bytes for seconds, each as far as it pays and the cheapest bytes first, were
 * layers divisible. That is the linear relaxation of the knapsack of {@link LeastRecomputation}: a row of steps in the order of
 * their price (Sinha and Zoltners 1979 for knapsacks of several choices).
 */
final class RecomputationPrice {
    private final LeastRecomputation least;
    private final Live live;
    private final boolean hasHead;
    private final boolean countsScratch;
    private List<Step> steps;

    /** What a layer gives up by computing more again than in the step before. */
    record Step(int kind, double bytes, double seconds) {
        double price() {
            return seconds / bytes;
        }
    }

    /**
     * @param live passes alive on the stage
     * @param countsScratch whether the figures' scratch memory counts
     */
    RecomputationPrice(LeastRecomputation least, Live live, boolean hasHead, boolean countsScratch) {
        this.least = least;
        this.live = live;
        this.hasHead = hasHead;
        this.countsScratch = countsScratch;
    }

    private int modes() {
        return least.modes().size();
    }

    /** Bytes of a layer that computes nothing again. */
    double kept(int kind) {
        return least.saved(0, kind, live);
    }

    /** Bytes that a layer's passes take beside what is kept, whatever they compute again. */
    double scratch(int kind) {
        if (!countsScratch) {
            return 0;
        }
        int head = least.figures().getFirst().length - 1;
        double freed = hasHead && kind != head ? least.saved(0, head, Live.untilBackward(1)) : 0;
        double bytes = Double.POSITIVE_INFINITY;
        for (int mode = 0; mode < (kind == 0 || kind == head ? 1 : modes()); mode++) {
            LayerFigures layer = least.figures().get(mode)[kind];
            bytes = Math.min(bytes, Math.max(layer.forwardScratch(), layer.backwardScratch() - freed));
        }
        return bytes;
    }

    /**
     * Seconds that one micro-batch's gradients take longer for layers to give up {@code bytes}; infinite where they cannot.
     *
     * @param counts layers by kind
     */
    double seconds(double bytes, int[] counts) {
        if (steps == null) {
            steps = steps();
        }
        double left = bytes;
        double seconds = 0;
        for (Step step : steps) {
            double most = counts[step.kind()] * step.bytes();
            if (left <= most) {
                return seconds + left * step.price();
            }
            left -= most;
            seconds += counts[step.kind()] * step.seconds();
        }
        return Double.POSITIVE_INFINITY;
    }

    private List<Step> steps() {
        var all = new ArrayList<Step>();
        for (int kind = 1; kind < least.figures().getFirst().length - 1; kind++) {
            all.addAll(steps(least, kind, live));
        }
        all.sort(Comparator.comparingDouble(Step::price));
        return all;
    }

    /** From each way to recompute to the one that gives up bytes most cheaply: the lower hull of bytes and seconds. */
    static List<Step> steps(LeastRecomputation least, int kind, Live live) {
        var all = new ArrayList<Step>();
        int at = 0;
        while (at >= 0) {
            int next = -1;
            Step cheapest = null;
            for (int mode = 0; mode < least.modes().size(); mode++) {
                double fewer = least.saved(at, kind, live) - least.saved(mode, kind, live);
                if (fewer <= 0) {
                    continue;
                }
                var step = new Step(kind, fewer, least.extra(mode, kind) - least.extra(at, kind));
                if (cheapest == null || step.price() < cheapest.price()) {
                    cheapest = step;
                    next = mode;
                }
            }
            if (cheapest != null) {
                all.add(cheapest);
            }
            at = next;
        }
        return all;
    }
}
