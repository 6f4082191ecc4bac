package dev.dovetail.runtime.random;

import java.nio.charset.StandardCharsets;

/**
 * An endless sequence of random numbers, each addressed by its index; seed and name say which sequence.
 *
 * <p>The same on every machine: logarithm and sine are those of {@link StrictMath}.
 */
public final class RandomStream {
    private final Philox philox;
    private final int nameLow;
    private final int nameHigh;

    public RandomStream(long seed, String name) {
        philox = new Philox((int) seed, (int) (seed >>> 32));
        long hash = hash(name);
        nameLow = (int) hash;
        nameHigh = (int) (hash >>> 32);
    }

    /** FNV-1a, 64 bits, of the name's UTF-8 bytes: stable across machines and versions. */
    public static long hash(String name) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
        }
        return hash;
    }

    /** Two uniforms, or two normals, come from each block. */
    private Philox.Block pair(long index) {
        long pair = index >>> 1;
        return philox.block((int) pair, (int) (pair >>> 32), nameLow, nameHigh);
    }

    /** Uniform in [0, 1). */
    public double uniform(long index) {
        Philox.Block block = pair(index);
        return (index & 1) == 0 ? block.firstUniform() : block.secondUniform();
    }

    /** Uniform among 0 to {@code bound - 1}; bounds below 2^40 have no bias worth the name. */
    public long below(long bound, long index) {
        return Math.min(bound - 1, (long) (uniform(index) * bound));
    }

    /** Normal with mean 0 and standard deviation 1, by Box and Muller. */
    public double normal(long index) {
        Philox.Block block = pair(index);
        double radius = radius(block);
        double angle = 2 * Math.PI * block.secondUniform();
        return radius * ((index & 1) == 0 ? StrictMath.cos(angle) : StrictMath.sin(angle));
    }

    /** Normals number {@code from} to {@code from + count - 1}, handed over one by one. */
    public void normals(long from, long count, Sink sink) {
        long index = from;
        long end = from + count;
        while (index < end) {
            if ((index & 1) == 1 || index + 1 == end) {
                sink.accept(index - from, normal(index));
                index++;
            } else {
                Philox.Block block = pair(index);
                double radius = radius(block);
                double angle = 2 * Math.PI * block.secondUniform();
                sink.accept(index - from, radius * StrictMath.cos(angle));
                sink.accept(index + 1 - from, radius * StrictMath.sin(angle));
                index += 2;
            }
        }
    }

    /** 1 - u lies in (0, 1], so the logarithm is finite. */
    private static double radius(Philox.Block block) {
        return Math.sqrt(-2 * StrictMath.log(1 - block.firstUniform()));
    }

    /** Takes the numbers of a range; {@code position} counts from the range's start. */
    @FunctionalInterface
    public interface Sink {
        void accept(long position, double value);
    }
}
