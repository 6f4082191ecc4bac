package dev.dovetail.runtime.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PhiloxTest {
    /** The known answers that the authors publish with their generator (Random123, kat_vectors). */
    @Test
    void givesThePublishedWords() {
        assertEquals(
                new Philox.Block(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8), new Philox(0, 0).block(0, 0, 0, 0));
        assertEquals(
                new Philox.Block(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd),
                new Philox(-1, -1).block(-1, -1, -1, -1));
        assertEquals(
                new Philox.Block(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1),
                new Philox(0xa4093822, 0x299f31d0).block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344));
    }

    @Test
    void normalsHaveTheMomentsOfANormal() {
        RandomStream stream = new RandomStream(42, "weights");
        long n = 200_000;
        double[] values = new double[(int) n];
        stream.normals(0, n, (i, value) -> values[(int) i] = value);
        double mean = LongStream.range(0, n).mapToDouble(i -> values[(int) i]).sum() / n;
        double variance = LongStream.range(0, n)
                        .mapToDouble(i -> Math.pow(values[(int) i] - mean, 2))
                        .sum()
                / n;
        double fourth = LongStream.range(0, n)
                        .mapToDouble(i -> Math.pow(values[(int) i], 4))
                        .sum()
                / n;
        assertEquals(0, mean, 0.01);
        assertEquals(1, variance, 0.015);
        assertEquals(3, fourth, 0.1);
        long tail = LongStream.range(0, n)
                .filter(i -> Math.abs(values[(int) i]) > 3)
                .count();
        assertEquals(0.0027 * n, tail, 100);
    }

    @Test
    void aRangeOfNormalsIsTheSameAsOneByOne() {
        RandomStream stream = new RandomStream(1, "x");
        for (long from = 0; from < 4; from++) {
            for (long count = 0; count < 6; count++) {
                long begin = from;
                stream.normals(from, count, (i, value) -> assertEquals(stream.normal(begin + i), value));
            }
        }
    }

    @Test
    void uniformsFillTheirRangeEvenly() {
        RandomStream stream = new RandomStream(9, "u");
        int[] bins = new int[16];
        for (long i = 0; i < 160_000; i++) {
            bins[(int) stream.below(16, i)]++;
        }
        for (int bin : bins) {
            assertEquals(10_000, bin, 450);
        }
    }

    @Test
    void seedNameAndIndexAllMatter() {
        double value = new RandomStream(1, "a").uniform(5);
        assertNotEquals(value, new RandomStream(2, "a").uniform(5));
        assertNotEquals(value, new RandomStream(1L << 32 | 1, "a").uniform(5));
        assertNotEquals(value, new RandomStream(1, "b").uniform(5));
        assertNotEquals(value, new RandomStream(1, "a").uniform(5 + (1L << 33)));
        assertTrue(value >= 0 && value < 1);
    }
}
