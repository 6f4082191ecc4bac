package dev.dovetail.ir.block;

import java.util.Optional;

/**
 * Another model whose last layer's stream this one reads: through sub-layers that cross, or in the place of its first tokens.
 *
 * @param encoder its layers stand before this model's
 * @param projector what brings its rows to this model's width
 * @param joined whether its rows take the place of the first tokens; else sub-layers that say `cross` read them
 * @param shared whether both read the same table of tokens
 * @param unread its last layers and their norm that hold weights and are passed by: LLaVA reads the layer before the last
 */
public record Source(
        ModelDefinition encoder, Optional<Projector> projector, boolean joined, boolean shared, int unread) {

    /**
     * From one model's width to another's.
     *
     * @param layers projections, 1 or 2; a function stands between two
     * @param activation a function of {@code mlp} without a gate
     * @param inner width between two projections
     * @param merge neighbouring rows that become one
     * @param norm whether each row is normalised first
     * @param frozen whether it stays as it is
     */
    public record Projector(
            int layers, String activation, int inner, boolean bias, int merge, boolean norm, boolean frozen) {}

    /** Rows that this model gets. */
    public int rows() {
        return patches() / projector.map(Projector::merge).orElse(1);
    }

    /** The first of the encoder's rows that is handed on: a class token is not. */
    public int firstRow() {
        return encoder.ends()
                .signal()
                .filter(signal -> joined)
                .map(signal -> signal instanceof Signal.Picture p ? p.leading() + p.registers() : 0)
                .orElse(0);
    }

    private int patches() {
        return encoder.context() - firstRow();
    }
}
