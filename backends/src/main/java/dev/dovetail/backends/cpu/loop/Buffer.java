package dev.dovetail.backends.cpu.loop;

import dev.dovetail.ir.tensor.ElementType;
import java.util.List;

/** Where elements live while a kernel runs. */
public sealed interface Buffer {
    String name();

    ElementType element();

    default Location at(Index element) {
        return new Location(this, element);
    }

    /** A tensor in the rank's arena; {@code name} is the launch argument that holds its first byte. */
    record Tensor(String name, ElementType element) implements Buffer {}

    /** Memory of one worker, or shared by all, that lives as long as the launch. */
    record Scratch(String name, ElementType element) implements Buffer {}

    /** Numbers known when the kernel is generated. */
    record Table(String name, ElementType element, List<Double> values) implements Buffer {
        public Table {
            values = List.copyOf(values);
        }
    }
}
