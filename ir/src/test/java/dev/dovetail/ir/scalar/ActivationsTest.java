package dev.dovetail.ir.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class ActivationsTest {
    /** Slopes of 0.8 above zero and of 0.3 more than the fixed one below: what its authors' code gives in float64, to 1e-12. */
    @Test
    void xieluIsWhatItsAuthorsCodeComputes() {
        double[] x = {-3, -0.5, 0.7, 2};
        double[] expected = {0.13982965469429143, -0.16477547222989325, 0.742, 4.2};
        assertArrayEquals(expected, values(Activations.xielu(), x, everywhere(0.8), everywhere(0.3)), 1e-12);
    }

    private static double[] everywhere(double value) {
        return new double[] {value, value, value, value};
    }

    private static double[] values(ScalarExpr expr, double[]... args) {
        return ScalarEvaluator.evaluate(expr, new ScalarEvaluator.Elements() {
            @Override
            public int count() {
                return args[0].length;
            }

            @Override
            public double[] arg(int index) {
                return args[index];
            }

            @Override
            public double[] indexOf(String dim) {
                throw new IllegalArgumentException(dim);
            }

            @Override
            public double symbol(String name) {
                throw new IllegalArgumentException(name);
            }
        });
    }
}
