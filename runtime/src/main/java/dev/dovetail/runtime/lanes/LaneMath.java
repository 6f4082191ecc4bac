package dev.dovetail.runtime.lanes;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * What the Vector API leaves to the virtual machine: its exponentials and its sums over lanes differ in the last bits between
 * interpreted and compiled code, so that a run would depend on when a method happened to be compiled. Here they are made of
 * additions, products and fused products, which are rounded one way alone.
 *
 * <p>exp(x) = 2^n · exp(r) with n = round(x / ln 2) and |r| ≤ ln 2 / 2, where ln 2 is taken in two parts (Cody and Waite 1980).
 */
public final class LaneMath {
    /** Adding this rounds a float to a whole number and leaves that number in the low bits: 1.5 · 2^23. */
    private static final float FLOAT_ROUNDER = 0x1.8p23f;

    private static final float FLOAT_LEAST = -87.33654f;
    private static final float FLOAT_MOST = 88.02969f;
    private static final int FLOAT_FRACTION_BITS = 23;

    /** As above, 1.5 · 2^52. */
    private static final double DOUBLE_ROUNDER = 0x1.8p52;

    private static final double DOUBLE_LEAST = -708.3964185322641;
    private static final double DOUBLE_MOST = 709.0895657128241;
    private static final int DOUBLE_FRACTION_BITS = 52;

    private LaneMath() {}

    /** e^x in each lane, within two units in the last place; 0 below the normal numbers, infinite above 2^127. */
    public static FloatVector exp(FloatVector x) {
        FloatVector within = x.max(FLOAT_LEAST).min(FLOAT_MOST);
        FloatVector shifted = within.fma(broadcast(x, 0x1.715476p0f), broadcast(x, FLOAT_ROUNDER));
        FloatVector n = shifted.sub(FLOAT_ROUNDER);
        FloatVector high = n.fma(broadcast(x, -0x1.62e4p-1f), within);
        FloatVector r = n.fma(broadcast(x, -0x1.7f7d1cp-20f), high);
        FloatVector sum = broadcast(x, 1f / 5040).fma(r, broadcast(x, 1f / 720));
        sum = sum.fma(r, broadcast(x, 1f / 120)).fma(r, broadcast(x, 1f / 24)).fma(r, broadcast(x, 1f / 6));
        sum = sum.fma(r, broadcast(x, 0.5f)).fma(r, broadcast(x, 1)).fma(r, broadcast(x, 1));
        FloatVector scaled = sum.reinterpretAsInts()
                .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, FLOAT_FRACTION_BITS))
                .reinterpretAsFloats();
        return scaled.blend(0, x.compare(VectorOperators.LT, FLOAT_LEAST))
                .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, FLOAT_MOST));
    }

    /** As above, in double precision; infinite above 2^1023. */
    public static DoubleVector exp(DoubleVector x) {
        DoubleVector within = x.max(DOUBLE_LEAST).min(DOUBLE_MOST);
        DoubleVector shifted = within.fma(broadcast(x, 0x1.71547652b82fep0), broadcast(x, DOUBLE_ROUNDER));
        DoubleVector n = shifted.sub(DOUBLE_ROUNDER);
        DoubleVector high = n.fma(broadcast(x, -0x1.62e42feep-1), within);
        DoubleVector r = n.fma(broadcast(x, -0x1.a39ef35793c76p-33), high);
        DoubleVector scaled = series(r)
                .reinterpretAsLongs()
                .add(shifted.reinterpretAsLongs().lanewise(VectorOperators.LSHL, DOUBLE_FRACTION_BITS))
                .reinterpretAsDoubles();
        return scaled.blend(0, x.compare(VectorOperators.LT, DOUBLE_LEAST))
                .blend(Double.POSITIVE_INFINITY, x.compare(VectorOperators.GT, DOUBLE_MOST));
    }

    /** Σ r^k / k! up to k = 13: what is left out is below 5e-18 of the sum. */
    private static DoubleVector series(DoubleVector r) {
        DoubleVector sum = broadcast(r, 1.0 / 6227020800L).fma(r, broadcast(r, 1.0 / 479001600));
        sum = sum.fma(r, broadcast(r, 1.0 / 39916800)).fma(r, broadcast(r, 1.0 / 3628800));
        sum = sum.fma(r, broadcast(r, 1.0 / 362880)).fma(r, broadcast(r, 1.0 / 40320));
        sum = sum.fma(r, broadcast(r, 1.0 / 5040)).fma(r, broadcast(r, 1.0 / 720));
        sum = sum.fma(r, broadcast(r, 1.0 / 120)).fma(r, broadcast(r, 1.0 / 24));
        sum = sum.fma(r, broadcast(r, 1.0 / 6)).fma(r, broadcast(r, 0.5));
        return sum.fma(r, broadcast(r, 1)).fma(r, broadcast(r, 1));
    }

    /** tanh x = 1 - 2 / (e^2x + 1), right to the last places of 1. */
    public static FloatVector tanh(FloatVector x) {
        return broadcast(x, 1).sub(broadcast(x, 2).div(exp(x.add(x)).add(1)));
    }

    /** As above, in double precision. */
    public static DoubleVector tanh(DoubleVector x) {
        return broadcast(x, 1).sub(broadcast(x, 2).div(exp(x.add(x)).add(1)));
    }

    /** Natural logarithms, one lane after the other: losses need one for each token, not for each element. */
    public static FloatVector log(FloatVector x) {
        float[] lanes = x.toArray();
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = (float) Math.log(lanes[i]);
        }
        return FloatVector.fromArray(x.species(), lanes, 0);
    }

    /** As above, in double precision. */
    public static DoubleVector log(DoubleVector x) {
        double[] lanes = x.toArray();
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = Math.log(lanes[i]);
        }
        return DoubleVector.fromArray(x.species(), lanes, 0);
    }

    /** The sum of all lanes, first to last. */
    public static float sum(FloatVector x) {
        float[] lanes = x.toArray();
        float sum = lanes[0];
        for (int i = 1; i < lanes.length; i++) {
            sum += lanes[i];
        }
        return sum;
    }

    /** The sum of the lanes in {@code mask}, first to last. */
    public static float sum(FloatVector x, VectorMask<Float> mask) {
        return sum(broadcast(x, 0).blend(x, mask));
    }

    /** The sum of all lanes, first to last. */
    public static double sum(DoubleVector x) {
        double[] lanes = x.toArray();
        double sum = lanes[0];
        for (int i = 1; i < lanes.length; i++) {
            sum += lanes[i];
        }
        return sum;
    }

    /** The sum of the lanes in {@code mask}, first to last. */
    public static double sum(DoubleVector x, VectorMask<Double> mask) {
        return sum(broadcast(x, 0).blend(x, mask));
    }

    private static FloatVector broadcast(FloatVector like, float value) {
        return FloatVector.broadcast(like.species(), value);
    }

    private static DoubleVector broadcast(DoubleVector like, double value) {
        return DoubleVector.broadcast(like.species(), value);
    }
}
