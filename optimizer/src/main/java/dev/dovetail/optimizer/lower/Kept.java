package dev.dovetail.optimizer.lower;

/**
 * Bytes kept of one micro-batch between its passes.
 *
 * @param saved from its forward to its backward pass
 * @param late from its forward pass to the gradients of its weights, where those have a pass of their own
 * @param between from its backward pass to the gradients of its weights
 */
public record Kept(long saved, long late, long between) {
    public static final Kept NONE = new Kept(0, 0, 0);

    public static Kept untilBackward(long bytes) {
        return new Kept(bytes, 0, 0);
    }

    public Kept plus(Kept other) {
        return new Kept(saved + other.saved, late + other.late, between + other.between);
    }

    public Kept times(long count) {
        return new Kept(count * saved, count * late, count * between);
    }

    /** The smaller of each. */
    public Kept least(Kept other) {
        return new Kept(Math.min(saved, other.saved), Math.min(late, other.late), Math.min(between, other.between));
    }

    /** What the forward pass writes. */
    public long byForward() {
        return saved + late;
    }

    /** What as many micro-batches keep together. */
    public long of(Live live) {
        return live.forward() * saved + live.whole() * late + live.between() * between;
    }
}
