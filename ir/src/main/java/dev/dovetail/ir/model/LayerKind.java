package dev.dovetail.ir.model;

import dev.dovetail.ir.graph.Graph;

/** A layer's shape: the operators of every layer of its kind, which differ only in their parameters' values. */
public record LayerKind(String name, Role role, Graph forward) {

    /** What a layer does in the model. */
    public enum Role {
        /** Tokens in, residual stream out. */
        EMBED,
        /** Residual stream in and out. */
        BLOCK,
        /** Residual stream in; each token's loss out when training, logits when decoding. */
        HEAD
    }
}
