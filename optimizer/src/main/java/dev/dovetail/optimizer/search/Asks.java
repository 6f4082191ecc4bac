package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Fixed;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * What is asked of a job beside its model and its machine.
 *
 * @param among values that are left to decisions which are not fixed, as a spec writes them; all where none are named
 * @param forbidden techniques
 * @param survived failures of nodes at once
 */
record Asks(
        Map<String, Fixed> fixed,
        Map<String, List<String>> among,
        List<String> forbidden,
        List<Limit> limits,
        int survived) {
    static final Asks NOTHING = new Asks(Map.of(), Map.of(), List.of(), List.of(), 0);

    Asks {
        fixed = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(fixed));
        among = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(among));
        forbidden = List.copyOf(forbidden);
        limits = List.copyOf(limits);
    }

    /** One thing asked for. */
    sealed interface Ask {
        /** A decision fixed. */
        record Fix(String name, Fixed value) implements Ask {}

        /** A technique forbidden. */
        record Forbidding(String technique) implements Ask {}

        /** A figure limited. */
        record Limiting(Limit limit) implements Ask {}

        /** Failures survived. */
        record Surviving(int failures) implements Ask {}
    }

    /** Each by itself, what people fix last: it is more often what they meant. */
    List<Ask> each() {
        var each = new ArrayList<Ask>();
        if (survived > 0) {
            each.add(new Ask.Surviving(survived));
        }
        limits.forEach(limit -> each.add(new Ask.Limiting(limit)));
        forbidden.forEach(name -> each.add(new Ask.Forbidding(name)));
        fixed.keySet().stream().sorted().forEach(name -> each.add(new Ask.Fix(name, fixed.get(name))));
        return each;
    }

    Asks without(Ask ask) {
        return switch (ask) {
            case Ask.Fix fix -> withFixed(without(fixed, fix.name()));
            case Ask.Forbidding forbidding ->
                new Asks(fixed, among, without(forbidden, forbidding.technique()), limits, survived);
            case Ask.Limiting limiting ->
                new Asks(fixed, among, forbidden, without(limits, limiting.limit()), survived);
            case Ask.Surviving surviving -> surviving(0);
        };
    }

    Asks surviving(int failures) {
        return new Asks(fixed, among, forbidden, limits, failures);
    }

    Asks fixing(String name, Fixed value) {
        var changed = new LinkedHashMap<>(fixed);
        changed.put(name, value);
        return withFixed(changed);
    }

    /** Leaves a decision that is not fixed some values. */
    Asks among(String name, List<String> values) {
        var left = new LinkedHashMap<>(among);
        left.put(name, List.copyOf(values));
        return new Asks(fixed, left, forbidden, limits, survived);
    }

    private Asks withFixed(Map<String, Fixed> others) {
        return new Asks(others, among, forbidden, limits, survived);
    }

    private static <V> Map<String, V> without(Map<String, V> all, String name) {
        var rest = new LinkedHashMap<>(all);
        rest.remove(name);
        return rest;
    }

    private static <T> List<T> without(List<T> all, T one) {
        var rest = new LinkedHashSet<>(all);
        rest.remove(one);
        return List.copyOf(rest);
    }
}
