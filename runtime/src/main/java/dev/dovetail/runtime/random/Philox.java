package dev.dovetail.runtime.random;

/**
 * The Philox4x32-10 counter-based generator: 128 random bits for each (key, counter), with no state to carry along.
 *
 * <p>Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A counter-based generator is
 * what lets any rank compute any element of any tensor, so that the split of the model never changes its values.
 */
public record Philox(int key0, int key1) {
    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;

    /** Four random words. */
    public record Block(int w0, int w1, int w2, int w3) {
        /** Uniform in [0, 1) with 53 bits, from the first two words. */
        double firstUniform() {
            return unit(w0, w1);
        }

        /** Uniform in [0, 1) with 53 bits, from the last two words. */
        double secondUniform() {
            return unit(w2, w3);
        }

        private static double unit(int high, int low) {
            long bits = Integer.toUnsignedLong(high) << 32 | Integer.toUnsignedLong(low);
            return (bits >>> 11) * 0x1.0p-53;
        }
    }

    public Block block(int c0, int c1, int c2, int c3) {
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_0 * Integer.toUnsignedLong(c0);
            long product1 = MULTIPLIER_1 * Integer.toUnsignedLong(c2);
            int next0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            int next2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c1 = (int) product1;
            c3 = (int) product0;
            c0 = next0;
            c2 = next2;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        return new Block(c0, c1, c2, c3);
    }
}
