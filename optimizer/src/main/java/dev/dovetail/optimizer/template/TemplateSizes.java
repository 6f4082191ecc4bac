package dev.dovetail.optimizer.template;

/**
 * Which sizes of pipeline are needed so that whatever nodes are left can all be used, and {@code failures} of them lost at once.
 *
 * <p>Sizes from {@code least} to 2 · least - 1 suffice: with at least (failures + 1) · least nodes left, k = ⌊nodes / least⌋ pipelines
 * of those sizes hold every number of nodes from k · least to k · (2 · least - 1). None larger than what failures + 1 pipelines of
 * the least size leave is of use.
 *
 * @param nodes there are
 * @param least nodes that hold one copy of the model
 */
public record TemplateSizes(int nodes, int failures, int least) {

    /** Fewest nodes with which the promise is kept. */
    public int fewestNodes() {
        return (failures + 1) * least;
    }

    /** Whether the promise can be made at all. */
    public boolean isEnough() {
        return nodes >= fewestNodes();
    }

    public int largest() {
        return Math.min(2 * least - 1, nodes - failures * least);
    }
}
