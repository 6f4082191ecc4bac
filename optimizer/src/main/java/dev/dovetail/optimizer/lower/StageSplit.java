package dev.dovetail.optimizer.lower;

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

    /** First layer of virtual stage {@code index}. */
    public int first(int index) {
        return sizes.subList(0, index).stream().mapToInt(Integer::intValue).sum();
    }
}
