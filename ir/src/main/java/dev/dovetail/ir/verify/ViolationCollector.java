package dev.dovetail.ir.verify;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps the first violation of each rule at each instruction: a fault in a loop is one fault. */
final class ViolationCollector {
    private static final int MOST = 100;

    private record Place(Rule rule, int stage, String body, int instruction) {}

    private final Map<Place, Violation> found = new LinkedHashMap<>();

    void add(Rule rule, int stage, String body, int instruction, String message) {
        if (found.size() < MOST) {
            found.putIfAbsent(
                    new Place(rule, stage, body, instruction), new Violation(rule, stage, body, instruction, message));
        }
    }

    void addAll(ViolationCollector other) {
        other.found.values().forEach(v -> add(v.rule(), v.stage(), v.body(), v.instruction(), v.message()));
    }

    List<Violation> all() {
        return List.copyOf(found.values());
    }
}
