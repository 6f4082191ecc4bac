package dev.dovetail.grammar.resolve.huggingface;

/** A config that cannot be read: not JSON, a field missing or of the wrong type. */
public final class BrokenConfig extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BrokenConfig(String message) {
        super(message);
    }
}
