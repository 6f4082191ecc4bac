package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;

/** Which form of the model is expanded. Activations are [sequence, batch, …] in both. */
public sealed interface ExpansionForm {
    /** Launch symbol of the first fresh token's position while decoding. */
    String START = "start";

    Dim sequence();

    Dim batch();

    default TensorType tokens(ElementType element) {
        return TensorType.of(element, sequence(), batch());
    }

    /**
     * Whole sequences, forward and backward.
     *
     * @param judged whether the head gives a loss; else what it predicts
     * @param tokens where its tokens come from
     */
    record Training(Dim sequence, Dim batch, boolean judged, Input.Source tokens) implements ExpansionForm {
        public static Training of(int sequence, int batch) {
            return new Training(
                    Dim.of(Names.SEQUENCE, sequence), Dim.of(Names.BATCH, batch), true, Input.Source.TOKENS);
        }

        /** Whole sequences of the model that another reads, each of {@code rows}. */
        public Training ofSource(int rows) {
            return new Training(Dim.of(Names.SEQUENCE, rows), batch, judged, Input.Source.SOURCE_TOKENS);
        }

        /** The same for a stream of other rows. */
        public Training withRows(int rows) {
            return new Training(Dim.of(Names.SEQUENCE, rows), batch, judged, tokens);
        }

        /** What the model predicts of whole sequences: nothing is cached, nothing differentiated. */
        public static Training predicting(int sequence, int batch) {
            return new Training(
                    Dim.of(Names.SEQUENCE, sequence), Dim.of(Names.BATCH, batch), false, Input.Source.TOKENS);
        }
    }

    /** A few fresh tokens against a cache of up to {@code past} positions; nothing is differentiated. */
    record Decoding(Dim sequence, Dim batch, Dim past) implements ExpansionForm {

        /** Up to {@code tokens} fresh tokens a call, {@code context} cached positions. */
        public static Decoding of(int tokens, int batch, int context) {
            return new Decoding(
                    new Dim(Names.SEQUENCE, new Extent.Bounded("tokens", tokens)),
                    Dim.of(Names.BATCH, batch),
                    Dim.of(Names.PAST, context));
        }
    }
}
