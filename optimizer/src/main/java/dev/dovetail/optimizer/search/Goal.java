package dev.dovetail.optimizer.search;

import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.ArrayList;
import java.util.List;

/**
 * What is minimised, most important first, and what must hold.
 *
 * @param anyOfEqual whether one of several equal plans is as good as another, so that the rest need not be looked at
 */
public record Goal(List<Figure> order, List<Limit> limits, boolean anyOfEqual) {

    /**
     * Rounding in sums of different order; a bound this close to a plan does not rule out what it bounds. Far below any
     * difference that a cost model can mean.
     */
    static final double ROUNDING = 1e-9;

    public Goal {
        order = List.copyOf(order);
        limits = List.copyOf(limits);
    }

    /** The objectives asked for; plans equal in all of them are told apart by time, devices, time without waiting for samples, and memory. */
    public static Goal minimise(List<Figure> asked, List<Limit> limits) {
        var order = new ArrayList<>(asked);
        for (Figure figure : List.of(Figure.TIME, Figure.DEVICES, Figure.MODEL, Figure.MEMORY)) {
            if (!order.contains(figure)) {
                order.add(figure);
            }
        }
        return new Goal(order, limits, false);
    }

    /** The least value of one figure, by whatever plan. */
    static Goal least(Figure figure, List<Limit> limits) {
        return new Goal(List.of(figure), limits, true);
    }

    public boolean holds(Figures figures) {
        return limits.stream().allMatch(limit -> limit.holds(figures));
    }

    /** Whether even the optimistic {@code least} breaks a limit. */
    boolean hopeless(Figures least) {
        for (Limit limit : limits) {
            if (least.get(limit.figure()) * (1 - rounding(limit.figure())) > limit.most()) {
                return true;
            }
        }
        return false;
    }

    /** Bytes and devices are counted. */
    private static double rounding(Figure figure) {
        return figure == Figure.MEMORY || figure == Figure.DEVICES ? 0 : ROUNDING;
    }

    int compare(Figures a, Figures b) {
        for (Figure figure : order) {
            int difference = Double.compare(a.get(figure), b.get(figure));
            if (difference != 0) {
                return difference;
            }
        }
        return 0;
    }

    /** Whether no plan bounded by {@code least} can come before one with {@code figures}. */
    boolean behind(Figures least, Figures figures) {
        for (Figure figure : order) {
            double bound = least.get(figure);
            double reached = figures.get(figure);
            if (bound * (1 - ROUNDING) > reached) {
                return true;
            }
            if (bound < reached) {
                return false;
            }
        }
        return anyOfEqual;
    }
}
