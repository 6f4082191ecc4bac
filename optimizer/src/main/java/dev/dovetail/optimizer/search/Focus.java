package dev.dovetail.optimizer.search;

import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which figures a search looks at, so that the others need no work.
 *
 * @param timed time, or anything that follows from it
 * @param priced energy, money or carbon; bounding them costs a pass over all clocks
 * @param capacity more bytes than this fit on no device: plans that need more are not looked at closely
 */
public record Focus(boolean timed, boolean priced, long capacity) {

    static Focus of(List<Figure> minimised, List<Limit> limits) {
        List<Figure> figures = Stream.concat(minimised.stream(), limits.stream().map(Limit::figure))
                .toList();
        double most = limits.stream()
                .filter(limit -> limit.figure() == Figure.MEMORY)
                .mapToDouble(Limit::most)
                .min()
                .orElse(Long.MAX_VALUE);
        boolean closely = minimised.contains(Figure.MEMORY);
        return new Focus(
                figures.stream().anyMatch(Focus::isTimed),
                figures.stream().anyMatch(Focus::isPriced),
                closely ? Long.MAX_VALUE : (long) most);
    }

    private static boolean isTimed(Figure figure) {
        return figure != Figure.MEMORY && figure != Figure.DEVICES;
    }

    private static boolean isPriced(Figure figure) {
        return switch (figure) {
            case ENERGY, MONEY, CARBON -> true;
            case TIME, MODEL, DEVICES, MEMORY -> false;
        };
    }
}
