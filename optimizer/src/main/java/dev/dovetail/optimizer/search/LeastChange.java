package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.optimizer.search.Asks.Ask;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.search.PlansFor.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The least that has to change of what is asked for there to be a plan: as few things as possible, each as little as possible.
 *
 * <p>Which things: each set of asks that leaves no plan must lose one of its members, so sets of members to drop are grown from
 * one clash after the other, the smallest first (hitting sets, Reiter 1987). How little: a figure becomes the least that any
 * plan takes; of a decision's values, ever larger neighbourhoods of the one fixed are searched until there is a plan, and then
 * what is nearer than it, until nothing is.
 */
final class LeastChange {
    /** Things changed at most. */
    private static final int MOST = 4;

    /** Sets of things that are tried. */
    private static final int TRIES = 40;

    /** Values in the first neighbourhood, and how many times as many are in the next. */
    private static final int NEAR = 8;

    private static final int WIDER = 8;

    /** No decision but the clock, in megahertz, goes beyond the devices and the batch. */
    private static final int MOST_MHZ = 10_000;

    private static final int MOST_TIMES_THE_NODES = 64;

    private final PlansFor plans;
    private final Asks all;
    private final Map<Asks, Asks> cores = new HashMap<>();

    LeastChange(PlansFor plans, Asks all) {
        this.plans = plans;
        this.all = all;
    }

    /** In words, with {@code first} among what changes; empty where no change of a few things with it is known to help. */
    Optional<String> of(Ask first) {
        var tried = new HashSet<Set<Ask>>();
        List<List<Ask>> open = List.of(List.of(first));
        for (int size = 1; size <= MOST && !open.isEmpty(); size++) {
            var longer = new ArrayList<List<Ask>>();
            for (List<Ask> dropped : open) {
                if (tried.size() >= TRIES || !tried.add(new HashSet<>(dropped))) {
                    continue;
                }
                Optional<String> words = words(dropped);
                if (words.isPresent()) {
                    return words;
                }
                next(dropped)
                        .forEach(also -> longer.add(
                                Stream.concat(dropped.stream(), Stream.of(also)).toList()));
            }
            open = longer;
        }
        return Optional.empty();
    }

    /** What clashes still when {@code dropped} are. */
    private List<Ask> next(List<Ask> dropped) {
        Asks rest = without(all, dropped);
        return plans.answer(rest) == Answer.NONE
                ? cores.computeIfAbsent(rest, plans::core).each()
                : List.of();
    }

    private static Asks without(Asks asks, List<Ask> dropped) {
        Asks rest = asks;
        for (Ask ask : dropped) {
            rest = rest.without(ask);
        }
        return rest;
    }

    /** How little each has to change, one after the other; empty where changing them all does not help. */
    private Optional<String> words(List<Ask> changed) {
        Asks rest = without(all, changed);
        var words = new ArrayList<String>();
        for (Ask ask : changed) {
            Optional<Change> change = change(rest, ask);
            if (change.isEmpty()) {
                return Optional.empty();
            }
            words.add(change.get().words());
            rest = change.get().asks();
        }
        return Optional.of(String.join(" and ", words));
    }

    /** @param asks the rest with what was changed */
    private record Change(String words, Asks asks) {}

    private Optional<Change> change(Asks rest, Ask ask) {
        return switch (ask) {
            case Ask.Fix fix ->
                nearest(rest, fix)
                        .map(value -> new Change(
                                fix.name() + " " + value,
                                rest.fixing(
                                        fix.name(), new Fixed(value, fix.value().origin()))));
            case Ask.Forbidding forbidding ->
                plans.exist(rest) ? Optional.of(new Change("allow " + forbidding.technique(), rest)) : Optional.empty();
            case Ask.Limiting limiting -> figure(rest, limiting.limit());
            case Ask.Surviving surviving -> fewer(rest, surviving.failures());
        };
    }

    /** The most failures that leave a plan. */
    private Optional<Change> fewer(Asks rest, int failures) {
        return IntStream.iterate(failures - 1, k -> k >= 0, k -> k - 1)
                .filter(k -> plans.exist(rest.surviving(k)))
                .mapToObj(k -> new Change(
                        k == 0 ? "no survival of failures" : "survive " + k + " node failures", rest.surviving(k)))
                .findFirst();
    }

    // --- figures
    // ---------------------------------------------------------------------------------------------------------

    /** The least of the figure that a plan takes, or a machine on which one takes less. */
    private Optional<Change> figure(Asks rest, Limit limit) {
        return plans.least(limit.figure(), rest).best().stream()
                .findFirst()
                .flatMap(least -> figure(rest, limit, least.figures().get(limit.figure())));
    }

    private Optional<Change> figure(Asks rest, Limit limit, double needed) {
        if (limit.figure() == Figure.MEMORY && needed > capacity()) {
            String larger = "devices that hold " + Bytes.of((long) needed) + " for a plan";
            return Optional.of(new Change(
                    nodes(rest, limit).map(nodes -> nodes + ", or " + larger).orElse(larger), rest));
        }
        return limit.letting(needed).map(words -> new Change(words, rest));
    }

    /** Bytes that a plan may take where nothing is required. */
    private double capacity() {
        return all.limits().stream()
                .filter(limit -> limit.asked().isEmpty() && limit.figure() == Figure.MEMORY)
                .mapToDouble(Limit::most)
                .min()
                .orElse(Double.POSITIVE_INFINITY);
    }

    /** The fewest nodes that leave a plan; every plan for fewer is one for more, with devices idle. */
    private Optional<String> nodes(Asks rest, Limit limit) {
        var limits = new ArrayList<>(rest.limits());
        limits.add(limit);
        var asks = new Asks(rest.fixed(), rest.among(), rest.forbidden(), limits, rest.survived());
        int have = plans.job().cluster().groups().getFirst().count();
        int most = have;
        while (!exist(asks, most)) {
            if (most > MOST_TIMES_THE_NODES * have) {
                return Optional.empty();
            }
            most *= 2;
        }
        int tooFew = most / 2;
        while (most - tooFew > 1) {
            int middle = (most + tooFew) / 2;
            if (exist(asks, middle)) {
                most = middle;
            } else {
                tooFew = middle;
            }
        }
        return Optional.of("nodes " + most + " instead of " + have);
    }

    private boolean exist(Asks asks, int nodes) {
        return plans.on(plans.job().cluster().withNodes(nodes)).exist(asks);
    }

    // --- decisions
    // ------------------------------------------------------------------------------------------------------

    /** The value nearest to the one fixed that leaves a plan. */
    private Optional<String> nearest(Asks rest, Ask.Fix fix) {
        Decision<?> decision = plans.decision(fix.name());
        String now = fix.value().value();
        if (!decision.listed().isEmpty()) {
            return nearest(rest, fix.name(), listed(decision, now));
        }
        return decision.parse().apply(now) instanceof Integer value
                ? nearest(rest, fix.name(), around(decision, value))
                : plans.any(rest).map(plan -> plan.asText().get(fix.name()));
    }

    /** @param values nearest first */
    private Optional<String> nearest(Asks rest, String name, List<String> values) {
        for (int from = 0, width = NEAR; from < values.size(); from += width, width *= WIDER) {
            int to = Math.min(values.size(), from + width);
            Optional<String> found = any(rest, name, values.subList(from, to));
            while (found.isPresent()) {
                Optional<String> nearer = any(rest, name, values.subList(from, values.indexOf(found.get())));
                if (nearer.isEmpty()) {
                    return found;
                }
                found = nearer;
            }
        }
        return Optional.empty();
    }

    private Optional<String> any(Asks rest, String name, List<String> values) {
        return values.isEmpty()
                ? Optional.empty()
                : plans.any(rest.among(name, values)).map(plan -> plan.asText().get(name));
    }

    /** By how far they stand from the one fixed. */
    private static <T> List<String> listed(Decision<T> decision, String now) {
        List<String> all = decision.listed().stream().map(decision.print()).toList();
        int at = all.indexOf(now);
        return all.stream()
                .filter(value -> !value.equals(now))
                .sorted(java.util.Comparator.comparingInt(value -> Math.abs(all.indexOf(value) - at)))
                .toList();
    }

    /** Numbers by their ratio to the one fixed, those that some technique refuses by themselves left out. */
    private List<String> around(Decision<?> decision, int value) {
        int most = Math.max(
                Math.min(value, MOST_MHZ),
                Math.max(plans.job().cluster().devices(), plans.job().batch()));
        return IntStream.rangeClosed(1, most)
                .filter(other -> other != value)
                .boxed()
                .sorted(java.util.Comparator.comparingDouble(other -> Math.abs(Math.log((double) other / value))))
                .map(Object::toString)
                .filter(other -> plans.alone(decision, other))
                .collect(Collectors.toList());
    }
}
