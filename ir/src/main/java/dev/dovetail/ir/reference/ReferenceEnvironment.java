package dev.dovetail.ir.reference;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The launch symbols an operator may read while it is evaluated plainly. */
public record ReferenceEnvironment(Map<String, Double> symbols) {

    public static ReferenceEnvironment empty() {
        return new ReferenceEnvironment(Map.of());
    }

    public ReferenceEnvironment {
        symbols = Collections.unmodifiableMap(new LinkedHashMap<>(symbols));
    }

    public double symbol(String name) {
        Double value = symbols.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no launch symbol " + name + " among " + symbols.keySet());
        }
        return value;
    }
}
