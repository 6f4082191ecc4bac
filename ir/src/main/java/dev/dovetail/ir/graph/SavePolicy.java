package dev.dovetail.ir.graph;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.plan.Decision.Recompute;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Which forward values may be kept for the backward pass; the rest are computed again from those. */
@FunctionalInterface
public interface SavePolicy {
    boolean maySave(Node producer);

    /** The same, knowing the layer whose values they are. */
    default SavePolicy of(Graph forward) {
        return this;
    }

    /**
     * Keep all; all but the attention core's outputs, or what is projected up from its latents; the outputs and every second product
     * alone; or nothing but the layer's inputs.
     */
    static SavePolicy of(Recompute recompute) {
        return switch (recompute) {
            case NONE -> producer -> true;
            case SELECTIVE -> new Selective(false);
            case ALTERNATE -> new AlternateProducts(Set.of());
            case FULL -> producer -> false;
        };
    }

    /** @param latents whether the layer's attention has them */
    record Selective(boolean latents) implements SavePolicy {

        @Override
        public SavePolicy of(Graph forward) {
            return new Selective(forward.nodes().stream().anyMatch(Selective::projectsUp));
        }

        @Override
        public boolean maySave(Node producer) {
            boolean core = producer.op().isAttentionCore();
            return latents ? core || !projectsUp(producer) && !arrangesHeads(producer) : !core;
        }

        private static boolean projectsUp(Node node) {
            return node.op() instanceof MatMul product
                    && product
                            .contracted(
                                    node.operandTypes().get(0),
                                    node.operandTypes().get(1))
                            .stream()
                            .anyMatch(dim -> dim.equals(Names.Q_LATENT) || dim.equals(Names.KV_LATENT));
        }

        /** Rotations and copies on the way from latents to attention. */
        private static boolean arrangesHeads(Node node) {
            return !(node.op() instanceof MatMul)
                    && node.results().stream().anyMatch(value -> value.type().has(Names.HEADS));
        }
    }

    /** @param kept products whose results are kept: of a layer's, in the order they are made, the first, the third, … */
    record AlternateProducts(Set<Node> kept) implements SavePolicy {

        @Override
        public SavePolicy of(Graph forward) {
            List<Node> products = forward.nodes().stream()
                    .filter(node -> node.op() instanceof MatMul)
                    .toList();
            return new AlternateProducts(IntStream.range(0, products.size())
                    .filter(i -> i % 2 == 0)
                    .mapToObj(products::get)
                    .collect(Collectors.toSet()));
        }

        @Override
        public boolean maySave(Node producer) {
            return producer.op().isAttentionCore() || kept.contains(producer);
        }
    }
}
