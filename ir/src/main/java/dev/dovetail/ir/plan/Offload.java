package dev.dovetail.ir.plan;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What of a rank lies in slower memory until it is needed: any of four kinds of state. */
public record Offload(Set<Part> parts) {

    /** A kind of state. */
    public enum Part {
        WEIGHTS("weights"),
        /** Of layers whose table no other shares; they are added up where they lie, micro-batch by micro-batch. */
        GRADIENTS("gradients"),
        /** Moments and master weights. */
        OPTIMIZER("optimizer state"),
        /** What layers between embedding and head save for their backward pass. */
        ACTIVATIONS("activations");

        private final String words;

        Part(String words) {
            this.words = words;
        }

        private String spelling() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static final Offload NONE = of();
    public static final Offload WEIGHTS = of(Part.WEIGHTS);
    public static final Offload GRADIENTS = of(Part.GRADIENTS);
    public static final Offload OPTIMIZER = of(Part.OPTIMIZER);
    public static final Offload ACTIVATIONS = of(Part.ACTIVATIONS);
    public static final Offload ALL = of(Part.values());

    public Offload {
        Set<Part> ordered = EnumSet.noneOf(Part.class);
        ordered.addAll(parts);
        parts = Collections.unmodifiableSet(ordered);
    }

    public static Offload of(Part... parts) {
        return new Offload(Set.of(parts));
    }

    /** Every choice, what moves least first. */
    public static List<Offload> values() {
        Part[] all = Part.values();
        return IntStream.range(0, 1 << all.length)
                .mapToObj(bits -> new Offload(Arrays.stream(all)
                        .filter(part -> (bits >> part.ordinal() & 1) == 1)
                        .collect(Collectors.toSet())))
                .toList();
    }

    /** Whether anything does. */
    public boolean any() {
        return !parts.isEmpty();
    }

    public boolean weights() {
        return parts.contains(Part.WEIGHTS);
    }

    public boolean gradients() {
        return parts.contains(Part.GRADIENTS);
    }

    public boolean optimizer() {
        return parts.contains(Part.OPTIMIZER);
    }

    public boolean activations() {
        return parts.contains(Part.ACTIVATIONS);
    }

    /** {@code none}, {@code all}, {@code optimizer} or {@code [weights, optimizer]}. */
    static Offload parse(String text) {
        if (text.equals("none")) {
            return NONE;
        }
        if (text.equals("all")) {
            return ALL;
        }
        return new Offload(Arrays.stream(text.replaceAll("[\\[\\]]", "").split(", ", -1))
                .map(Offload::part)
                .collect(Collectors.toSet()));
    }

    private static Part part(String word) {
        return Arrays.stream(Part.values())
                .filter(part -> part.spelling().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected `none`, `all` or some of "
                        + Arrays.stream(Part.values()).map(Part::spelling).toList() + ", found `" + word + "`"));
    }

    /** For people: {@code weights, optimizer state}; nothing where nothing lies there. */
    public String words() {
        return parts.stream().map(part -> part.words).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        if (parts.isEmpty()) {
            return "none";
        }
        if (equals(ALL)) {
            return "all";
        }
        var words = parts.stream().map(Part::spelling).toList();
        return words.size() == 1 ? words.getFirst() : words.toString();
    }
}
