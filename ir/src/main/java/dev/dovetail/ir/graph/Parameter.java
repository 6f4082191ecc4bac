package dev.dovetail.ir.graph;

import java.util.Optional;

/**
 * A tensor of a layer that is learnt.
 *
 * @param value the tensor; its name is unique within the layer, such as {@code attention.q}
 * @param tiedTo full name of the parameter of another layer that this one is the same tensor as ({@code embed.table})
 * @param trained false where it stays as it is: it has no gradient and no optimizer state
 */
public record Parameter(Value value, Initializer initializer, Optional<String> tiedTo, boolean trained) {

    public String name() {
        return value.name();
    }

    /** The same parameter as another graph names it, or as one rank holds it. */
    public Parameter withValue(Value other) {
        return new Parameter(other, initializer, tiedTo, trained);
    }
}
