package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.ir.tensor.ElementType;

/**
 * Sizes of the blocks of a packed matrix product (Goto and van de Geijn 2008, "Anatomy of high-performance matrix
 * multiplication").
 *
 * @param tile accumulators in registers
 * @param depth summed elements per block: a panel of columns that deep takes a third of the first-level cache
 * @param blockRows rows packed at a time: they take the rest of it. Measured: rows in the second-level cache, as for larger
 *     tiles in assembly, cost a tenth of the speed, because a tile reads as many streams as it has rows
 * @param blockColumns columns packed at a time
 */
record MatMulTiles(RegisterTile tile, int depth, int blockRows, int blockColumns) {

    static MatMulTiles of(CpuTarget target, ElementType element, long m, long n, long k) {
        RegisterTile tile = RegisterTile.widest(target, element).within(m, n);
        int depth = depth(target, element, tile.width(), k);
        long rowBytes = (long) depth * element.bytes();
        long blockRows = Math.min(roundUp(m, tile.rows()), roundDown(target.level1() * 2 / 3 / rowBytes, tile.rows()));
        long blockColumns = Math.min(roundUp(n, tile.width()), roundDown(2 * target.level2() / rowBytes, tile.width()));
        return new MatMulTiles(
                tile, depth, (int) Math.max(tile.rows(), blockRows), (int) Math.max(tile.width(), blockColumns));
    }

    /** A panel of columns that deep takes a third of the first-level cache; equal blocks where there are several. */
    private static int depth(CpuTarget target, ElementType element, int width, long k) {
        long most = Math.max(64, roundDown(target.level1() / 3 / ((long) width * element.bytes()), 64));
        long blocks = (k + most - 1) / most;
        return (int) roundUp((k + blocks - 1) / blocks, Math.min(k, 8));
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
