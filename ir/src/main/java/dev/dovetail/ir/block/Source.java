package dev.dovetail.ir.block;

import dev.dovetail.ir.op.Normalize.NormKind;
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
     * @param layers projections, 1 to 3; a function stands between two
     * @param activation a function of {@code mlp} without a gate
     * @param inner width between two projections
     * @param merge what becomes of neighbouring rows
     * @param norm of each row before it is projected
     * @param lines of a picture, each of which ends in a learned row; 0 for none
     * @param frozen whether it stays as it is
     */
    public record Projector(
            int layers,
            String activation,
            int inner,
            boolean bias,
            Merge merge,
            Optional<Norm> norm,
            int lines,
            boolean frozen) {

        /**
         * Neighbouring rows as one.
         *
         * @param rows as many become one
         * @param width what they are projected to before all else, without a function behind; 0 for nothing
         */
        public record Merge(int rows, int width) {}

        /** @param merged whether rows are normalised as they are when they have been merged */
        public record Norm(NormKind kind, boolean merged) {}
    }

    /** Rows that this model gets. */
    public int rows() {
        int merged = patches() / projector.map(said -> said.merge().rows()).orElse(1);
        return merged + projector.map(Projector::lines).orElse(0);
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
