package dev.dovetail.runtime.data;

/**
 * Predicts the next byte from the last one or two by counting: the yardstick a trained model must beat.
 *
 * <p>Counts of each order are interpolated with those of the order below in the manner of Witten and Bell (1991): a
 * context with n followers, t of them distinct, gives a share t/(n+t) to the shorter context, down to one in 256.
 */
public final class ByteCountModel {
    private static final int BYTES = 256;

    private final int order;
    /** Counts of order k: [context of k bytes, next byte]. */
    private final int[][] counts;
    /** Followers in all, and distinct ones, of each context of order k. */
    private final int[][] totals;

    private final int[][] distinct;

    private ByteCountModel(int order) {
        this.order = order;
        counts = new int[order + 1][];
        totals = new int[order + 1][];
        distinct = new int[order + 1][];
        for (int k = 0; k <= order; k++) {
            int contexts = 1 << (8 * k);
            counts[k] = new int[contexts * BYTES];
            totals[k] = new int[contexts];
            distinct[k] = new int[contexts];
        }
    }

    /** Counts {@code text} with contexts of up to {@code order} bytes, 0 to 2. */
    public static ByteCountModel train(byte[] text, int order) {
        if (order < 0 || order > 2) {
            throw new IllegalArgumentException("orders 0 to 2 are counted, not " + order);
        }
        ByteCountModel model = new ByteCountModel(order);
        int context = 0;
        for (int i = 0; i < text.length; i++) {
            int next = text[i] & 0xFF;
            for (int k = 0; k <= Math.min(order, i); k++) {
                model.count(k, context & mask(k), next);
            }
            context = (context << 8 | next) & 0xFFFF;
        }
        return model;
    }

    private static int mask(int k) {
        return (1 << (8 * k)) - 1;
    }

    private void count(int k, int context, int next) {
        int at = context * BYTES + next;
        distinct[k][context] += counts[k][at] == 0 ? 1 : 0;
        counts[k][at]++;
        totals[k][context]++;
    }

    /** The two bytes before a place, as contexts are counted. */
    public static int context(int[] piece, int place) {
        return (place > 1 ? piece[place - 2] << 8 : 0) | (place > 0 ? piece[place - 1] : 0);
    }

    /** The probability of {@code next} after {@code used} bytes of context, the last ones in the low bits. */
    public double probability(int context, int used, int next) {
        double p = 1.0 / BYTES;
        for (int k = 0; k <= Math.min(order, used); k++) {
            int of = context & mask(k);
            if (totals[k][of] > 0) {
                double share = distinct[k][of];
                p = (counts[k][of * BYTES + next] + share * p) / (totals[k][of] + share);
            }
        }
        return p;
    }

    /**
     * Mean bits per byte over the targets of windows 0 to {@code count - 1}, with no more context than a window has.
     *
     * @param longest bytes of context to use at most, up to the order that was counted
     */
    public double bitsPerByte(Windows windows, long count, int longest) {
        double bits = 0;
        for (long window = 0; window < count; window++) {
            int context = windows.token(window, 0);
            for (int i = 1; i <= windows.sequence(); i++) {
                int next = windows.token(window, i);
                bits -= Math.log(probability(context, Math.min(i, longest), next)) / Math.log(2);
                context = (context << 8 | next) & 0xFFFF;
            }
        }
        return bits / count / windows.sequence();
    }
}
