package dev.dovetail.runtime.data;

import java.util.List;

/**
 * A piece of text of which something is hidden, as a model is given it. Arrays are never written.
 *
 * @param source what an encoder reads; empty where the model is one itself
 * @param tokens what the model reads
 * @param targets what it is to say at each place, negative where nothing
 * @param hidden in the order of the text
 */
public record Exercise(int[] source, int[] tokens, int[] targets, List<Span> hidden) {
    /** Some bytes of the piece, from {@code first} on. */
    public record Span(int first, int length) {}

    /** At places behind the last, nothing is said. */
    int target(int place) {
        return place < targets.length ? targets[place] : WindowBatch.NOT_COUNTED;
    }
}
