package dev.dovetail.runtime.transport;

import dev.dovetail.runtime.mesh.Axis;

/** Tells messages between the same two ranks apart; messages of one tag arrive in the order they were sent. */
public record MessageTag(Axis axis, Exchange exchange, long number) {
    @Override
    public String toString() {
        return exchange.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + " " + number + " along " + axis;
    }
}
