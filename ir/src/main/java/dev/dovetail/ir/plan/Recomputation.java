package dev.dovetail.ir.plan;

import dev.dovetail.ir.plan.Decision.Recompute;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What each layer between embedding and head computes again in its backward pass. Embedding and head compute nothing again: no
 * other pass comes between their own two, where passes alternate.
 *
 * @param layers in the order of the model; one alone stands for every layer
 */
public record Recomputation(List<Recompute> layers) {
    public static final Recomputation NONE = of(Recompute.NONE);
    public static final Recomputation SELECTIVE = of(Recompute.SELECTIVE);
    public static final Recomputation FULL = of(Recompute.FULL);

    public Recomputation {
        layers = List.copyOf(layers);
        if (layers.isEmpty()) {
            throw new IllegalArgumentException("expected at least one layer");
        }
    }

    /** The same for every layer. */
    public static Recomputation of(Recompute everywhere) {
        return new Recomputation(List.of(everywhere));
    }

    /** One after the other; equal ones are said once. */
    public static Recomputation ofEach(List<Recompute> layers) {
        boolean equal = layers.stream().distinct().count() == 1;
        return equal ? of(layers.getFirst()) : new Recomputation(layers);
    }

    /** Every way to treat all layers alike. */
    public static List<Recomputation> alike() {
        return List.of(NONE, SELECTIVE, FULL);
    }

    /** What all layers do, if they do the same. */
    public Optional<Recompute> everywhere() {
        return layers.stream().distinct().count() == 1 ? Optional.of(layers.getFirst()) : Optional.empty();
    }

    /** Whether it says something about each of {@code blocks} layers. */
    public boolean fits(int blocks) {
        return layers.size() == 1 || layers.size() == blocks;
    }

    /** What layer {@code block} does, counted without the embedding. */
    public Recompute at(int block) {
        return layers.size() == 1 ? layers.getFirst() : layers.get(block);
    }

    /** What each of {@code blocks} layers does. */
    public List<Recompute> each(int blocks) {
        return layers.size() == 1 ? Collections.nCopies(blocks, layers.getFirst()) : layers;
    }
}
