package dev.dovetail.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class LearningRateTest {
    @Test
    void warmupRisesInALineAndStays() {
        LearningRate rate = new LearningRate.WarmupThenConstant(1e-3, 20);
        assertEquals(5e-5, rate.at(0), 1e-18);
        assertEquals(5e-4, rate.at(9), 1e-18);
        assertEquals(1e-3, rate.at(19));
        assertEquals(1e-3, rate.at(100_000));
    }

    @Test
    void noWarmupStartsAtThePeak() {
        assertEquals(0.5, new LearningRate.WarmupThenConstant(0.5, 0).at(0));
    }

    @Test
    void aCosineEndsAtItsFloor() {
        LearningRate rate = new LearningRate.WarmupThenCosine(1, 10, 110, 0.1);
        assertEquals(1, rate.at(10), 1e-15);
        assertEquals(0.55, rate.at(60), 1e-15);
        assertEquals(0.1, rate.at(110), 1e-15);
        assertEquals(0.1, rate.at(1000), 1e-15);
    }

    @Test
    void impossibleRatesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new LearningRate.WarmupThenConstant(0, 20));
        assertThrows(IllegalArgumentException.class, () -> new LearningRate.WarmupThenCosine(1, 20, 20, 0));
    }
}
