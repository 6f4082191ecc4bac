package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.ir.tensor.ElementType;

/**
 * Sizes of the blocks of a packed matrix product (Goto and van de Geijn 2008, "Anatomy of high-performance matrix
 * multiplication").
 *
 * <p>Blocks are as deep as panels that wait in the second-level cache allow. Measured on AVX-512 and AVX2, in single and in
 * double precision: a panel that fits the first-level cache is a few dozen steps deep, and starting a tile, reading its result
 * again and storing it then cost a fifth of the time; the panel itself streams from the second level unnoticed.
 *
 * @param tile accumulators in registers
 * @param depth summed elements per block: a panel of columns that deep takes an eighth of the second-level cache
 * @param blockRows rows packed at a time: a quarter of the second-level cache where each lies by itself. Side by side, a tile's
 *     share of a copied line narrows as the block widens, so there it is four tiles
 * @param blockColumns columns packed at a time
 */
record MatMulTiles(RegisterTile tile, int depth, int blockRows, int blockColumns) {
    private static final int TILES_SIDE_BY_SIDE = 4;

    static MatMulTiles of(CpuTarget target, ElementType element, MatMulShape shape) {
        long m = shape.m().bound();
        long n = shape.n().bound();
        RegisterTile tile = RegisterTile.widest(target, element).within(m, n);
        int depth = depth(
                target.level2() / 8 / ((long) tile.width() * element.bytes()),
                shape.k().bound());
        long rowBytes = (long) depth * element.bytes();
        long rows = shape.rowsAreDeep()
                ? roundDown(target.level2() / 4 / rowBytes, tile.rows())
                : (long) TILES_SIDE_BY_SIDE * tile.rows();
        long blockRows = Math.min(roundUp(m, tile.rows()), rows);
        long blockColumns = Math.min(roundUp(n, tile.width()), roundDown(2 * target.level2() / rowBytes, tile.width()));
        return new MatMulTiles(
                tile, depth, (int) Math.max(tile.rows(), blockRows), (int) Math.max(tile.width(), blockColumns));
    }

    /** At most {@code most}, or 64 where caches are tiny; equal blocks where there are several. */
    private static int depth(long most, long k) {
        long blocks = Math.ceilDiv(k, Math.max(64, most));
        return (int) roundUp(Math.ceilDiv(k, blocks), Math.min(k, 8));
    }

    private static long roundUp(long value, long multiple) {
        return (value + multiple - 1) / multiple * multiple;
    }

    private static long roundDown(long value, long multiple) {
        return value / multiple * multiple;
    }

    /** Elements of packed rows, then of one spilled tile. */
    int ownScratch() {
        return blockRows * depth + tile.rows() * tile.width();
    }

    int sharedScratch() {
        return blockColumns * depth;
    }

    String explanation() {
        return "tile: " + tile.rows() + " x " + tile.width() + " accumulators in registers ("
                + tile.rows() * tile.vectors() + " vectors of " + tile.lanes() + "); blocks: " + blockRows + " rows x "
                + depth + " deep of the left, " + depth + " deep x " + blockColumns + " columns of the right";
    }
}
