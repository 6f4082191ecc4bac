package dev.dovetail.ir.program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The order in which a rank calls its bodies; its size does not grow with layers or micro-batches. */
public sealed interface Schedule {

    /** One after the other. */
    record Sequence(List<Schedule> parts) implements Schedule {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** {@code for (variable = 0; variable < count; variable++)}. */
    record Repeat(String variable, long count, Schedule body) implements Schedule {}

    /** Runs the case whose number is {@code selector}. */
    record Choose(IndexExpr selector, List<Schedule> cases) implements Schedule {
        public Choose {
            cases = List.copyOf(cases);
        }
    }

    /** Binds names for what follows: {@code let microbatch = …}. */
    record Let(String variable, IndexExpr value, Schedule body) implements Schedule {}

    /** Runs a body. */
    record Call(String body, Map<String, IndexExpr> arguments) implements Schedule {
        public Call {
            arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
        }
    }

    static Schedule sequence(List<Schedule> parts) {
        return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
    }
}
