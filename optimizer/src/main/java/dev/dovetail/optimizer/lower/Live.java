package dev.dovetail.optimizer.lower;

/**
 * How many micro-batches a stage has alive at once, by what it keeps of them.
 *
 * @param forward between their forward and their backward pass
 * @param whole between their forward pass and the gradients of their weights
 * @param between from their backward pass to the gradients of their weights, the one included whose pass hands over
 */
public record Live(int forward, int whole, int between) {

    /** Where the backward pass makes all gradients. */
    public static Live untilBackward(int passes) {
        return new Live(passes, passes, 0);
    }
}
