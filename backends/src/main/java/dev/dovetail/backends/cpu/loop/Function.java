package dev.dovetail.backends.cpu.loop;

import java.util.List;

/**
 * A named piece of a kernel. Every function sees the arena and the workers; the rest comes through its parameters.
 *
 * @param purpose one sentence for the reader of the generated file
 */
public record Function(String name, String purpose, List<Parameter> parameters, List<Statement> body) {
    public Function {
        parameters = List.copyOf(parameters);
        body = List.copyOf(body);
    }

    /** One parameter, by what it carries. */
    public sealed interface Parameter {
        String name();

        record OfBuffer(Buffer buffer) implements Parameter {
            @Override
            public String name() {
                return buffer.name();
            }
        }

        record OfIndex(String name) implements Parameter {}

        /** A number in double precision. */
        record OfSymbol(String name) implements Parameter {}
    }
}
