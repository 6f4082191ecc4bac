package dev.dovetail.ir.plan;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Values of decisions, in the order they were taken. */
public final class Decisions {
    private static final Decisions NONE = new Decisions(Map.of());

    private final Map<Decision<?>, Object> values;

    /** @param values which nobody changes any more */
    private Decisions(Map<Decision<?>, Object> values) {
        this.values = Collections.unmodifiableMap(values);
    }

    public static Decisions none() {
        return NONE;
    }

    public <T> Decisions with(Decision<T> decision, T value) {
        var copy = new LinkedHashMap<>(values);
        copy.put(decision, value);
        return new Decisions(copy);
    }

    public Decisions without(Decision<?> decision) {
        if (!values.containsKey(decision)) {
            return this;
        }
        var copy = new LinkedHashMap<>(values);
        copy.remove(decision);
        return new Decisions(copy);
    }

    public <T> Optional<T> find(Decision<T> decision) {
        @SuppressWarnings("unchecked") // with() stores only a T under a Decision<T>
        T value = (T) values.get(decision);
        return Optional.ofNullable(value);
    }

    public <T> T get(Decision<T> decision) {
        return find(decision)
                .orElseThrow(() -> new IllegalStateException("no value for " + decision.name() + " in " + this));
    }

    /** Names and values as a spec would write them. */
    public Map<String, String> asText() {
        var text = new LinkedHashMap<String, String>();
        values.keySet().forEach(decision -> text.put(decision.name(), print(decision)));
        return text;
    }

    private <T> String print(Decision<T> decision) {
        return decision.print().apply(get(decision));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Decisions that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return asText().toString();
    }
}
