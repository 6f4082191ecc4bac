package dev.dovetail.optimizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TemplateSizesTest {

    /** Whether {@code nodes} are a sum of at least {@code pipelines} sizes. */
    private static boolean isSum(int nodes, int pipelines, int least, int largest) {
        if (nodes == 0) {
            return pipelines <= 0;
        }
        for (int size = least; size <= Math.min(largest, nodes); size++) {
            if (isSum(nodes - size, pipelines - 1, size, largest)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void everyNumberOfNodesThatKeepsThePromiseIsASumOfSizes() {
        for (int least = 1; least <= 6; least++) {
            for (int failures = 1; failures <= 3; failures++) {
                for (int nodes = (failures + 1) * least; nodes < 40; nodes++) {
                    var sizes = new TemplateSizes(nodes, failures, least);
                    for (int left = sizes.fewestNodes(); left <= nodes; left++) {
                        assertTrue(isSum(left, failures + 1, least, sizes.largest()), sizes + " misses " + left);
                    }
                }
            }
        }
    }

    @Test
    void oneSizeFewerLeavesGaps() {
        assertFalse(isSum(5, 1, 3, 4));
        assertFalse(isSum(7, 1, 4, 6));
    }

    @Test
    void tooFewNodesCannotKeepThePromise() {
        assertFalse(new TemplateSizes(8, 2, 3).isEnough());
        assertTrue(new TemplateSizes(9, 2, 3).isEnough());
        assertEquals(3, new TemplateSizes(9, 2, 3).largest());
    }
}
