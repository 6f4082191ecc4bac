package dev.dovetail.runtime.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorFunctionTest {

    private static float lane(double x) {
        return ErrorFunction.erf(FloatVector.broadcast(FloatVector.SPECIES_128, (float) x))
                .lane(2);
    }

    /** Table of Abramowitz and Stegun, 7.1, to sixteen places. */
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0.1, 0.1124629160182849",
        "0.5, 0.5204998778130465",
        "1, 0.8427007929497149",
        "1.5, 0.9661051464753108",
        "2, 0.9953222650189527",
        "3, 0.9999779095030014",
        "4.5, 0.9999999998033839",
        "40, 1",
        "Infinity, 1",
        "NaN, NaN"
    })
    void agreesWithTheTable(double x, double expected) {
        assertEquals(expected, ErrorFunction.erf(x), 1e-15);
        assertEquals(-expected, ErrorFunction.erf(-x), 1e-15);
        assertEquals(expected, lane(x), 3e-7);
        assertEquals(-expected, lane(-x), 3e-7);
    }
}
