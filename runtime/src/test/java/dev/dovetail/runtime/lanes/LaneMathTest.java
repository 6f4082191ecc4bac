package dev.dovetail.runtime.lanes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.junit.jupiter.api.Test;

class LaneMathTest {
    private static final int LANES = 4;
    /** Enough calls that the virtual machine compiles what it interpreted at first. */
    private static final int CALLS = 60_000;

    private static float[] exp(float[] x) {
        return LaneMath.exp(FloatVector.fromArray(FloatVector.SPECIES_128, x, 0))
                .toArray();
    }

    private static double[] exp(double[] x) {
        return LaneMath.exp(DoubleVector.fromArray(DoubleVector.SPECIES_256, x, 0))
                .toArray();
    }

    @Test
    void exponentialsAreRightToTheLastPlaces() {
        for (int i = -2000; i < 2000; i++) {
            float single = i * 0.0431f;
            double expected = Math.exp(single);
            assertEquals(
                    expected, exp(new float[] {single, 0, 1, 2})[0], 2 * Math.ulp((float) expected), "exp " + single);
            double wide = i * 0.353;
            double exact = Math.exp(wide);
            assertEquals(exact, exp(new double[] {wide, 0, 1, 2})[0], 2 * Math.ulp(exact), "exp " + wide);
            assertEquals(
                    Math.tanh(i * 0.01),
                    LaneMath.tanh(DoubleVector.broadcast(DoubleVector.SPECIES_256, i * 0.01))
                            .lane(0),
                    1e-15);
            assertEquals(
                    Math.tanh(i * 0.01),
                    LaneMath.tanh(FloatVector.broadcast(FloatVector.SPECIES_128, i * 0.01f))
                            .lane(0),
                    3e-7);
        }
    }

    @Test
    void extremesStayWhatTheyAre() {
        float nan = Float.NaN;
        assertArrayEquals(
                new float[] {0, Float.POSITIVE_INFINITY, nan, 1},
                exp(new float[] {Float.NEGATIVE_INFINITY, 1000, nan, 0}));
        assertArrayEquals(
                new double[] {0, Double.POSITIVE_INFINITY, Double.NaN, 1},
                exp(new double[] {Double.NEGATIVE_INFINITY, 1000, Double.NaN, 0}));
    }

    @Test
    void interpretedAndCompiledCodeGiveTheSameBits() {
        float[] x = {0.1f, -3.7f, 12.9f, -41.3f};
        float[] first = exp(x);
        FloatVector values = FloatVector.fromArray(FloatVector.SPECIES_128, new float[] {1e8f, 1, -1e8f, 3}, 0);
        float sum = LaneMath.sum(values);
        boolean same = true;
        for (int i = 0; i < CALLS; i++) {
            float[] again = exp(x);
            for (int lane = 0; lane < LANES; lane++) {
                same &= again[lane] == first[lane];
            }
            same &= LaneMath.sum(values) == sum;
        }
        assertTrue(same);
    }

    @Test
    void sumsGoFromFirstToLastAndLeaveOutWhatIsMasked() {
        FloatVector values = FloatVector.fromArray(FloatVector.SPECIES_128, new float[] {1e8f, 1, -1e8f, 3}, 0);
        assertEquals(1e8f + 1 - 1e8f + 3, LaneMath.sum(values));
        assertEquals(-1e8f + 3, LaneMath.sum(values, VectorMask.fromLong(FloatVector.SPECIES_128, 0b1100)));
        DoubleVector wide = DoubleVector.fromArray(DoubleVector.SPECIES_256, new double[] {1, 2, 3, 4}, 0);
        assertEquals(10, LaneMath.sum(wide));
        assertEquals(5, LaneMath.sum(wide, VectorMask.fromLong(DoubleVector.SPECIES_256, 0b0110)));
        assertEquals(Math.log(3), LaneMath.log(wide).lane(2));
    }
}
