package dev.dovetail.backends.cpu;

import dev.dovetail.ir.tensor.ElementType;

/**
 * The processor that kernels are generated for.
 *
 * @param vectorBits width of a vector register; 0 prints plain scalar code, the twin of every vector kernel
 * @param cores threads that can run at once
 * @param level1 bytes of one core's first-level data cache
 * @param level2 bytes of one core's second-level cache
 */
public record CpuTarget(int vectorBits, int cores, long level1, long level2) {

    public CpuTarget {
        if (vectorBits != 0 && (vectorBits < 128 || Integer.bitCount(vectorBits) != 1)) {
            throw new IllegalArgumentException("a vector register has 128, 256 or 512 bits, not " + vectorBits);
        }
        if (cores < 1 || level1 < 1 || level2 < 1) {
            throw new IllegalArgumentException(
                    "a processor has cores and caches, not " + cores + ", " + level1 + " B, " + level2 + " B");
        }
    }

    /** A common x86-64 server core with AVX2: 32 KiB and 512 KiB of cache. */
    public static CpuTarget avx2() {
        return new CpuTarget(256, 1, 32 << 10, 512 << 10);
    }

    /** No vectors: small kernels that run a few times finish before vector code would be compiled. */
    public static CpuTarget scalar() {
        return new CpuTarget(0, 1, 32 << 10, 512 << 10);
    }

    public int lanes(ElementType element) {
        return Math.max(1, vectorBits / 8 / element.bytes());
    }

    /** AVX-512 and NEON have 32 vector registers, AVX2 has 16. */
    public int vectorRegisters() {
        return vectorBits == 256 ? 16 : 32;
    }

    public CpuTarget withVectorBits(int bits) {
        return new CpuTarget(bits, cores, level1, level2);
    }
}
