package dev.dovetail.grammar.resolve.huggingface;

import java.util.List;

/** A config of a family that nobody described. */
public final class UnknownModelType extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String type;
    private final transient List<String> known;

    UnknownModelType(String type, List<String> known) {
        super("no family of models is called `" + type + "`");
        this.type = type;
        this.known = List.copyOf(known);
    }

    public String type() {
        return type;
    }

    /** Types that can be read. */
    public List<String> known() {
        return known;
    }
}
