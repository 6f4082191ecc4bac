package dev.dovetail.ir.block;

import dev.dovetail.ir.spec.Origin;

/** Settings that no sub-layer can have; carries the place in the spec and what would help. */
public final class BlockException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Origin origin;
    private final String help;

    public BlockException(Origin origin, String message, String help) {
        super(message);
        this.origin = origin;
        this.help = help;
    }

    public Origin origin() {
        return origin;
    }

    public String help() {
        return help;
    }
}
