package dev.dovetail.ir.block;

import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * A language model as a spec says it: sizes, conventions and stacks of sub-layers, not yet expanded into operators.
 *
 * @param vocab entries of the token table
 * @param context longest sequence, in tokens
 * @param positionRows rows of the learned position table; 0 unless positions are learned
 * @param biases whether projections have biases where a sub-layer does not say
 * @param tied whether the output projection is the token table
 * @param embedNorm whether the embedding is normalised before the first layer (BLOOM)
 * @param origin where the spec declares it
 */
public record ModelDefinition(
        String name,
        int vocab,
        int width,
        int context,
        Positions positions,
        int positionRows,
        NormKind norm,
        double epsilon,
        boolean biases,
        boolean tied,
        boolean unembedBias,
        boolean embedNorm,
        boolean finalNorm,
        List<Stack> stacks,
        Origin origin) {

    /** How a token's position enters the model. */
    public enum Positions {
        ROPE,
        LEARNED,
        ALIBI,
        NONE
    }

    /** {@code repeat count { subLayers }}. */
    public record Stack(int count, List<SubLayer> subLayers) {
        public Stack {
            subLayers = List.copyOf(subLayers);
            if (count < 1) {
                throw new IllegalArgumentException("a stack repeats at least once, got " + count);
            }
        }
    }

    /** Where a sub-layer's norm stands. */
    public enum NormPlace {
        PRE,
        POST,
        NONE
    }

    /**
     * One sub-layer of a stack.
     *
     * @param parallel reads the same stream value as the sub-layer before it (GPT-NeoX, GPT-J)
     */
    public record SubLayer(Block block, Settings settings, NormPlace norm, boolean residual, boolean parallel) {}

    public ModelDefinition {
        stacks = List.copyOf(stacks);
    }

    /** One stack of each kind of layer, in the order in which they first stand. */
    public List<Stack> kinds() {
        var kinds = new LinkedHashMap<List<SubLayer>, Stack>();
        stacks.forEach(stack -> kinds.putIfAbsent(stack.subLayers(), stack));
        return List.copyOf(kinds.values());
    }

    /** Layers of all stacks together. */
    public int layers() {
        return stacks.stream().mapToInt(Stack::count).sum();
    }
}
