package dev.dovetail.grammar.resolve.huggingface;

/** A sound config that asks for something the tool cannot do yet; the message says what, without "not supported yet". */
public final class UnsupportedConfig extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UnsupportedConfig(String what) {
        super(what);
    }
}
