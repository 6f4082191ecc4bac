package dev.dovetail.backends.cuda;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * How many blocks of how many threads an entry is launched with; the block count follows the extents known at launch.
 *
 * @param threads threads of each one-dimensional block
 */
public record LaunchShape(GridAxis x, GridAxis y, GridAxis z, int threads) {
    private static final long LARGEST_X = Integer.MAX_VALUE;
    private static final long LARGEST_YZ = 65535;

    public LaunchShape {
        if (threads < 32 || threads > 1024 || threads % 32 != 0) {
            throw new IllegalArgumentException("a block is whole warps, up to 1024 threads, got " + threads);
        }
        if (x.bound() > LARGEST_X || y.bound() > LARGEST_YZ || z.bound() > LARGEST_YZ) {
            throw new IllegalArgumentException("a grid of " + x + ", " + y + ", " + z + " exceeds what CUDA launches");
        }
    }

    /** One block per {@code tile} elements of the product of {@code dims}. */
    public record GridAxis(List<Dim> dims, int tile) {
        public static final GridAxis ONE = new GridAxis(List.of(), 1);

        public GridAxis {
            dims = List.copyOf(dims);
        }

        /** Blocks at the bound of every dim. */
        public long bound() {
            return blocks(Extent.Bounded::bound);
        }

        private long blocks(ToLongFunction<Extent.Bounded> length) {
            long elements = 1;
            for (Dim dim : dims) {
                elements = Math.multiplyExact(
                        elements,
                        switch (dim.extent()) {
                            case Extent.Fixed fixed -> fixed.length();
                            case Extent.Bounded bounded -> length.applyAsLong(bounded);
                        });
            }
            return Math.ceilDiv(elements, tile);
        }

        @Override
        public String toString() {
            if (dims.isEmpty()) {
                return "1";
            }
            String product = dims.stream().map(Dim::name).collect(Collectors.joining(" x "));
            return tile == 1 ? product : "(" + product + ") / " + tile;
        }
    }

    public static LaunchShape linear(List<Dim> dims, int tile, int threads) {
        return new LaunchShape(new GridAxis(dims, tile), GridAxis.ONE, GridAxis.ONE, threads);
    }

    /** Blocks along x, y and z when each bounded extent has the length that {@code symbols} gives its symbol. */
    public int[] grid(ToLongFunction<String> symbols) {
        ToLongFunction<Extent.Bounded> length = bounded -> symbols.applyAsLong(bounded.symbol());
        return new int[] {
            Math.toIntExact(x.blocks(length)), Math.toIntExact(y.blocks(length)), Math.toIntExact(z.blocks(length))
        };
    }

    @Override
    public String toString() {
        return "grid (%s, %s, %s) = (%d, %d, %d), %d threads"
                .formatted(x, y, z, x.bound(), y.bound(), z.bound(), threads);
    }
}
