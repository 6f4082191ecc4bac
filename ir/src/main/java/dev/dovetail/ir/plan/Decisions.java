package dev.dovetail.ir.plan;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values of decisions, in the order they were taken. Few, and copied for every branch of a search: rows, not a map. */
public final class Decisions {
    private static final Decisions NONE = new Decisions(new Decision<?>[0], new Object[0]);

    private final Decision<?>[] decisions;
    private final Object[] values;
    private int hash;

    private Decisions(Decision<?>[] decisions, Object[] values) {
        this.decisions = decisions;
        this.values = values;
    }

    public static Decisions none() {
        return NONE;
    }

    public <T> Decisions with(Decision<T> decision, T value) {
        int at = indexOf(decision);
        boolean isNew = at < 0;
        Decision<?>[] keys = isNew ? Arrays.copyOf(decisions, decisions.length + 1) : decisions;
        Object[] copy = Arrays.copyOf(values, keys.length);
        if (isNew) {
            at = values.length;
            keys[at] = decision;
        }
        copy[at] = value;
        return new Decisions(keys, copy);
    }

    /** Almost always asked for by the constant that it was stored under, hundreds of thousands of times a second. */
    @SuppressWarnings("ReferenceEquality") // the second look is by value
    private int indexOf(Decision<?> decision) {
        for (int i = 0; i < decisions.length; i++) {
            if (decisions[i] == decision) {
                return i;
            }
        }
        for (int i = 0; i < decisions.length; i++) {
            if (decisions[i].hashCode() == decision.hashCode() && decisions[i].equals(decision)) {
                return i;
            }
        }
        return -1;
    }

    /** By stage, the kind of node it runs on, from 1; empty where all are alike. */
    public List<Integer> nodes() {
        return find(Decision.NODES).orElse(List.of());
    }

    public Decisions without(Decision<?> decision) {
        int at = indexOf(decision);
        return at < 0 ? this : new Decisions(cut(decisions, at), cut(values, at));
    }

    private static <E> E[] cut(E[] row, int at) {
        E[] rest = Arrays.copyOf(row, row.length - 1);
        System.arraycopy(row, at + 1, rest, at, rest.length - at);
        return rest;
    }

    public <T> Optional<T> find(Decision<T> decision) {
        int at = indexOf(decision);
        @SuppressWarnings("unchecked") // with() stores only a T under a Decision<T>
        T value = at < 0 ? null : (T) values[at];
        return Optional.ofNullable(value);
    }

    public <T> T get(Decision<T> decision) {
        return find(decision)
                .orElseThrow(() -> new IllegalStateException("no value for " + decision.name() + " in " + this));
    }

    /** Names and values as a spec would write them. */
    public Map<String, String> asText() {
        var text = new LinkedHashMap<String, String>();
        for (Decision<?> decision : decisions) {
            text.put(decision.name(), print(decision));
        }
        return text;
    }

    private <T> String print(Decision<T> decision) {
        return decision.print().apply(get(decision));
    }

    /** In whatever order they were taken. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || other instanceof Decisions that
                        && hashCode() == that.hashCode()
                        && decisions.length == that.decisions.length
                        && hasAll(that);
    }

    private boolean hasAll(Decisions other) {
        for (int i = 0; i < decisions.length; i++) {
            int at = other.indexOf(decisions[i]);
            if (at < 0 || !values[i].equals(other.values[at])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        if (hash == 0) {
            int sum = 0;
            for (int i = 0; i < decisions.length; i++) {
                sum += decisions[i].hashCode() ^ values[i].hashCode();
            }
            hash = sum;
        }
        return hash;
    }

    @Override
    public String toString() {
        return asText().toString();
    }
}
