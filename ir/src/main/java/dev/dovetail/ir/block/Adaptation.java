package dev.dovetail.ir.block;

import java.util.List;
import java.util.Optional;

/**
 * What of a model trains: parts that stay as they are, and low-rank updates of projections that train in their place.
 *
 * @param frozen patterns of parameters that do not train: {@code embed}, {@code attention.q}, {@code mlp.*}, {@code *}
 */
public record Adaptation(List<String> frozen, Optional<LowRank> lowRank) {
    /** Everything trains. */
    public static final Adaptation NONE = new Adaptation(List.of(), Optional.empty());

    /**
     * Low-rank adaptation (LoRA, Hu et al. 2021, arXiv:2106.09685): W + alpha / rank · A · B.
     *
     * @param on patterns of the projections that are adapted
     */
    public record LowRank(int rank, double alpha, List<String> on) {
        public LowRank {
            on = List.copyOf(on);
        }

        /** What the product of the two factors is multiplied by. */
        public double scale() {
            return alpha / rank;
        }
    }

    public Adaptation {
        frozen = List.copyOf(frozen);
    }

    /** Whether the parameter at {@code path}, such as {@code attention.q}, trains. */
    public boolean trains(String path) {
        return frozen.stream().noneMatch(pattern -> matches(pattern, path));
    }

    /** How the projection at {@code path} is adapted; empty where it is not. */
    public Optional<LowRank> adapts(String path) {
        return lowRank.filter(adapter -> adapter.on().stream().anyMatch(pattern -> matches(pattern, path)));
    }

    /** {@code *} is everything; {@code mlp} and {@code mlp.*} are all of mlp. */
    public static boolean matches(String pattern, String path) {
        String stem = pattern.endsWith(".*") ? pattern.substring(0, pattern.length() - 2) : pattern;
        return stem.equals("*") || path.equals(stem) || path.startsWith(stem + ".");
    }
}
