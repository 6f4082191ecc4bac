package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.ir.tensor.ElementType;

/**
 * Sizes of the blocks of a packed matrix product (Goto and van de Geijn 2008, "Anatomy of high-performance matrix
 * multiplication").
 *
 * @param lanes numbers in a vector
 * @param rows rows of the register tile
 * @param vectors vectors across the register tile
 * @param depth summed elements per block: a panel of columns that deep stays in the first-level cache
 * @param blockRows rows packed at a time: they stay in the second-level cache
 * @param blockColumns columns packed at a time
 */
record MatMulTiles(int lanes, int rows, int vectors, int depth, int blockRows, int blockColumns) {

    static MatMulTiles of(CpuTarget target, ElementType element, long m, long n, long k) {
        int lanes = target.lanes(element);
        int vectors = lanes == 1 ? 4 : n <= lanes ? 1 : 2;
        int rows = (int) Math.min(m, mostRows(target, lanes));
        int width = vectors * lanes;
        int depth = depth(target, element, width, k);
        long rowBytes = (long) depth * element.bytes();
        int blockRows = (int) Math.max(rows, Math.min(roundUp(m, rows), target.level2() / 4 / rowBytes / rows * rows));
        int blockColumns =
                (int) Math.max(width, Math.min(roundUp(n, width), 2 * target.level2() / rowBytes / width * width));
        return new MatMulTiles(lanes, rows, vectors, depth, blockRows, blockColumns);
    }

    /** 16 accumulators where there are 32 registers, 8 where there are 16: C2 spills beyond that and halves the speed. */
    private static int mostRows(CpuTarget target, int lanes) {
        if (lanes == 1) {
            return 2;
        }
        return target.vectorRegisters() == 32 ? 8 : 4;
    }

    private static int depth(CpuTarget target, ElementType element, int width, long k) {
        long most = Math.max(64, target.level1() * 2 / 3 / ((long) width * element.bytes()) / 64 * 64);
        long blocks = (k + most - 1) / most;
        return (int) roundUp((k + blocks - 1) / blocks, Math.min(k, 8));
    }

    private static long roundUp(long value, long multiple) {
        return (value + multiple - 1) / multiple * multiple;
    }

    /** Columns of the register tile. */
    int width() {
        return vectors * lanes;
    }

    /** Elements of packed rows, then of one spilled tile. */
    int ownScratch() {
        return blockRows * depth + rows * width();
    }

    int sharedScratch() {
        return blockColumns * depth;
    }

    String explanation() {
        return "tile: " + rows + " x " + width() + " accumulators in registers (" + rows * vectors + " vectors of "
                + lanes
                + "); blocks: " + blockRows + " rows x " + depth + " deep of the left, " + depth + " deep x "
                + blockColumns + " columns of the right";
    }
}
