package dev.dovetail.ir.block;

import java.util.List;
import java.util.Optional;

/**
 * What of a model trains: parts that stay as they are, and low-rank updates of projections that train in their place, or gates
 * over several that were trained.
 *
 * @param frozen patterns of parameters that do not train: {@code embed}, {@code attention.q}, {@code mlp.*}, {@code *}
 * @param mixture of updates; empty where there is one or none
 */
public record Adaptation(List<String> frozen, Optional<LowRank> lowRank, Optional<Mixture> mixture) {
    /** Everything trains. */
    public static final Adaptation NONE = new Adaptation(List.of(), Optional.empty());

    public Adaptation(List<String> frozen, Optional<LowRank> lowRank) {
        this(frozen, lowRank, Optional.empty());
    }

    /**
     * A mixture of low-rank updates (MoLE, Wu et al. 2024, arXiv:2404.13628): each stays as it was trained, and a gate beside every
     * projection that any of them adapts says token by token how much each counts.
     *
     * @param adapters in the order that their runs are named in
     * @param temperature that the gates' scores are divided by
     */
    public record Mixture(List<LowRank> adapters, double temperature) {
        public Mixture {
            adapters = List.copyOf(adapters);
        }
    }

    /**
     * Low-rank adaptation (LoRA, Hu et al. 2021, arXiv:2106.09685): W + alpha / rank · A · B.
     *
     * @param on patterns of the projections that are adapted
     */
    public record LowRank(int rank, double alpha, List<String> on) {
        public LowRank {
            on = List.copyOf(on);
        }

        /** Whether the projection at {@code path} is adapted. */
        public boolean adapts(String path) {
            return on.stream().anyMatch(pattern -> matches(pattern, path));
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
        return lowRank.filter(adapter -> adapter.adapts(path));
    }

    /** {@code *} is everything; {@code mlp} and {@code mlp.*} are all of mlp. */
    public static boolean matches(String pattern, String path) {
        String stem = pattern.endsWith(".*") ? pattern.substring(0, pattern.length() - 2) : pattern;
        return stem.equals("*") || path.equals(stem) || path.startsWith(stem + ".");
    }
}
