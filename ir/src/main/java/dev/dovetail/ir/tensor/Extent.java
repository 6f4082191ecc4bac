package dev.dovetail.ir.tensor;

/** How long a dim is: a constant, or a symbol known at launch that never exceeds its bound. */
public sealed interface Extent {

    /** The length memory is planned for. */
    long bound();

    /** The same extent split into {@code ways} equal shards. */
    Extent dividedBy(int ways);

    static Extent of(long length) {
        return new Fixed(length);
    }

    /** A length known when the program is compiled. */
    record Fixed(long length) implements Extent {
        public Fixed {
            if (length < 1) {
                throw new IllegalArgumentException("extent must be positive, got " + length);
            }
        }

        @Override
        public long bound() {
            return length;
        }

        @Override
        public Extent dividedBy(int ways) {
            requireDivisible(length, ways);
            return new Fixed(length / ways);
        }

        @Override
        public String toString() {
            return Long.toString(length);
        }
    }

    /** A length passed to each kernel launch, at most {@code bound}. */
    record Bounded(String symbol, long bound) implements Extent {
        public Bounded {
            if (bound < 1) {
                throw new IllegalArgumentException(symbol + " must have a positive bound, got " + bound);
            }
        }

        @Override
        public Extent dividedBy(int ways) {
            if (ways == 1) {
                return this;
            }
            requireDivisible(bound, ways);
            return new Bounded(symbol + "/" + ways, bound / ways);
        }

        @Override
        public String toString() {
            return symbol + "<=" + bound;
        }
    }

    private static void requireDivisible(long length, int ways) {
        if (length % ways != 0) {
            throw new IllegalArgumentException("an extent of " + length + " cannot be split " + ways + " ways");
        }
    }
}
