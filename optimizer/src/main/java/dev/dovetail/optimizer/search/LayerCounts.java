package dev.dovetail.optimizer.search;

import java.util.List;

/**
 * The layers of a model between embedding and head, in order: worked out once, since a model may have ten thousand.
 *
 * @param order kinds
 * @param before by layer and kind: layers of the kind before it
 */
record LayerCounts(int[] order, int[][] before) {

    /** @param all kinds of all layers, embedding first, head last */
    static LayerCounts of(List<Integer> all) {
        int[] order =
                all.subList(1, all.size() - 1).stream().mapToInt(kind -> kind).toArray();
        int kinds = all.stream().mapToInt(kind -> kind).max().orElseThrow() + 1;
        int[][] before = new int[order.length + 1][kinds];
        for (int layer = 0; layer < order.length; layer++) {
            System.arraycopy(before[layer], 0, before[layer + 1], 0, kinds);
            before[layer + 1][order[layer]]++;
        }
        return new LayerCounts(order, before);
    }
}
