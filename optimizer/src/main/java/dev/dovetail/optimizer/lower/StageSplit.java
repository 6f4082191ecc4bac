package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.ArrayList;
import java.util.List;

/**
 * Which layers each virtual stage holds.
 *
 * @param sizes layers of each virtual stage, embedding and head included, in the order of the model
 */
public record StageSplit(List<Integer> sizes) {

    public StageSplit {
        sizes = List.copyOf(sizes);
    }

    /**
     * Spreads layers evenly; where they do not divide, stages in the middle take one more, since the first and the last also
     * hold the embedding and the head.
     *
     * @param blocks layers between embedding and head
     */
    public static StageSplit even(int blocks, int virtualStages) {
        if (blocks < virtualStages) {
            throw new IllegalArgumentException(blocks + " layers cannot fill " + virtualStages + " stages");
        }
        var sizes = new ArrayList<Integer>();
        int extra = blocks % virtualStages;
        int firstExtra = (virtualStages - extra) / 2;
        for (int i = 0; i < virtualStages; i++) {
            boolean takesExtra = i >= firstExtra && i < firstExtra + extra;
            int ends = (i == 0 ? 1 : 0) + (i == virtualStages - 1 ? 1 : 0);
            sizes.add(blocks / virtualStages + (takesExtra ? 1 : 0) + ends);
        }
        return new StageSplit(sizes);
    }

    /** The split that a plan has decided on; the even one where it has not. */
    public static StageSplit of(int blocks, Decisions decisions) {
        return decisions.find(Decision.STAGES).map(StageSplit::ofBlocks).orElseGet(() -> {
            int virtualStages = decisions.get(Decision.PIPELINE) * decisions.get(Decision.INTERLEAVE);
            return even(blocks, virtualStages);
        });
    }

    /** The first virtual stage also holds the embedding, the last the head. */
    private static StageSplit ofBlocks(List<Integer> blocks) {
        var sizes = new ArrayList<>(blocks);
        sizes.set(0, sizes.getFirst() + 1);
        sizes.set(sizes.size() - 1, sizes.getLast() + 1);
        return new StageSplit(sizes);
    }

    /** Layers between embedding and head on each virtual stage. */
    public List<Integer> blocks() {
        var blocks = new ArrayList<>(sizes);
        blocks.set(0, blocks.getFirst() - 1);
        blocks.set(blocks.size() - 1, blocks.getLast() - 1);
        return blocks;
    }

    /** Layers of all virtual stages together. */
    public int layers() {
        return firsts()[sizes.size()];
    }

    /** First layer of each virtual stage, and behind the last of them how many there are. */
    int[] firsts() {
        int[] firsts = new int[sizes.size() + 1];
        for (int virtual = 0; virtual < sizes.size(); virtual++) {
            firsts[virtual + 1] = firsts[virtual] + sizes.get(virtual);
        }
        return firsts;
    }
}
