package dev.dovetail.runtime.lanes;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * erf(x) = 2/√π ∫₀ˣ e^(-t²) dt, in lanes and one at a time, with the same bits from interpreted and compiled code.
 *
 * <p>1 - |erf x| = e^(-x²) · p(t) with t = (|x| - k) / (|x| + k), which is smooth from 0 to where erf rounds to 1; p is the
 * polynomial of near-least error there, fitted at forty digits. As with tanh, places of 1 are right, not those of a small result.
 */
public final class ErrorFunction {
    /** From here on erf is 1 to the last place of a float. */
    private static final float FLOAT_MOST = 4;

    private static final float FLOAT_CENTRE = 2;
    private static final float[] FLOAT_TERMS = {
        -0.00021448031f,
        -0.0011387031f,
        -0.000859213f,
        0.0070252856f,
        0.0037414473f,
        -0.07897962f,
        0.24165769f,
        -0.42718583f,
        0.25539568f
    };

    private static final double DOUBLE_MOST = 6;
    private static final double DOUBLE_CENTRE = 3;
    private static final double[] DOUBLE_TERMS = {
        -1.1194382877771014e-08,
        -1.1020487050346528e-07,
        -3.9867716616971016e-07,
        -3.9301447303001125e-07,
        1.2424066961151949e-06,
        2.146772173006056e-06,
        -7.962426888254932e-06,
        -1.285998407416855e-05,
        6.405418474854186e-05,
        4.525468578951527e-05,
        -0.0005970618259925815,
        0.0007077465012785561,
        0.004269136332174619,
        -0.024392499321270803,
        0.07166583719787115,
        -0.15011593650073177,
        0.24560380171233284,
        -0.32623356004303744,
        0.17900115118138996
    };

    private ErrorFunction() {}

    /** erf in each lane, within 3e-7. */
    public static FloatVector erf(FloatVector x) {
        FloatVector size = x.abs().min(FLOAT_MOST);
        FloatVector t = size.sub(FLOAT_CENTRE).div(size.add(FLOAT_CENTRE));
        FloatVector p = FloatVector.broadcast(x.species(), FLOAT_TERMS[0]);
        for (int i = 1; i < FLOAT_TERMS.length; i++) {
            p = p.fma(t, FloatVector.broadcast(x.species(), FLOAT_TERMS[i]));
        }
        FloatVector erf = p.mul(LaneMath.exp(size.mul(size).neg())).neg().add(1);
        return erf.blend(erf.neg(), x.compare(VectorOperators.LT, 0));
    }

    /** As above in double precision, within 1e-15. */
    public static DoubleVector erf(DoubleVector x) {
        DoubleVector size = x.abs().min(DOUBLE_MOST);
        DoubleVector t = size.sub(DOUBLE_CENTRE).div(size.add(DOUBLE_CENTRE));
        DoubleVector p = DoubleVector.broadcast(x.species(), DOUBLE_TERMS[0]);
        for (int i = 1; i < DOUBLE_TERMS.length; i++) {
            p = p.fma(t, DoubleVector.broadcast(x.species(), DOUBLE_TERMS[i]));
        }
        DoubleVector erf = p.mul(LaneMath.exp(size.mul(size).neg())).neg().add(1);
        return erf.blend(erf.neg(), x.compare(VectorOperators.LT, 0));
    }

    /** erf of one number, within 1e-15. */
    public static double erf(double x) {
        return erf(DoubleVector.broadcast(DoubleVector.SPECIES_64, x)).lane(0);
    }
}
