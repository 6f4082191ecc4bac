package dev.dovetail.ir.graph;

import java.util.Optional;

/**
 * A trained tensor of a layer.
 *
 * @param value the tensor; its name is unique within the layer, such as {@code attention.q}
 * @param tiedTo full name of the parameter of another layer that this one is the same tensor as ({@code embed.table})
 */
public record Parameter(Value value, Initializer initializer, Optional<String> tiedTo) {

    public String name() {
        return value.name();
    }
}
