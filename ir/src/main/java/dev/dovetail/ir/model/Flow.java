package dev.dovetail.ir.model;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What flows from one layer to the next, by name: the stream first, then what layers read beside it and hand on.
 *
 * @param types in the order in which they flow
 */
record Flow(Map<String, TensorType> types) {
    /** The residual stream, [sequence, batch, width]. */
    static final String STREAM = "x";

    private static final String KEPT = "kept";

    static final Flow NONE = new Flow(Map.of());

    Flow {
        types = Collections.unmodifiableMap(new LinkedHashMap<>(types));
    }

    /** A layer under construction is finished: what it computes, and what flows on from it. */
    record Layer(Graph graph, Flow flow) {}

    static Flow of(Map<String, Value> values) {
        var types = new LinkedHashMap<String, TensorType>();
        values.forEach((name, value) -> types.put(name, value.type()));
        return new Flow(types);
    }

    /** Keeps a stream beside the others, behind those that are kept already. */
    static void keep(Map<String, Value> values, Value stream) {
        values.put(KEPT + kept(values), stream);
    }

    /** The stream that was kept last, which flows no further. */
    static Value take(Map<String, Value> values) {
        return values.remove(KEPT + (kept(values) - 1));
    }

    private static long kept(Map<String, Value> values) {
        return values.keySet().stream().filter(name -> name.startsWith(KEPT)).count();
    }
}
