package dev.dovetail.ir.block;

import java.util.Optional;

/**
 * What a model reads beside plain tokens, and what it makes of its last layer's stream.
 *
 * @param tokenTypes kinds of token told apart by a table of their own: the two sentences of BERT; 0 for none
 * @param embedWidth width of the token table where a projection follows (ELECTRA, ALBERT); 0 where it is the model's
 * @param projectsFirst whether that projection stands before all that is added to tokens, and has no bias (OPT)
 * @param signal pictures or sound in the place of tokens
 * @param source another model that this one reads
 */
public record Ends(
        int tokenTypes,
        int embedWidth,
        boolean projectsFirst,
        Optional<Signal> signal,
        Head head,
        Optional<Source> source) {
    /** Tokens in, scores of tokens out. */
    public static final Ends TEXT = new Ends(0, 0, false, Optional.empty(), Head.TOKENS, Optional.empty());

    public Ends with(Head other) {
        return new Ends(tokenTypes, embedWidth, projectsFirst, signal, other, source);
    }

    public Ends reading(Signal other) {
        return new Ends(tokenTypes, embedWidth, projectsFirst, Optional.of(other), head, source);
    }

    public Ends reading(Source other) {
        return new Ends(tokenTypes, embedWidth, projectsFirst, signal, head, Optional.of(other));
    }

    public Ends withTokenTypes(int types) {
        return new Ends(types, embedWidth, projectsFirst, signal, head, source);
    }
}
