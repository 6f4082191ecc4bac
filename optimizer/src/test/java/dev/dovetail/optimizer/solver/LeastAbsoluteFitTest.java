package dev.dovetail.optimizer.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LeastAbsoluteFitTest {

    private static List<LeastAbsoluteFit.Sample> samples(double perFlop, double perByte, double launch) {
        var random = new Random(3);
        var samples = new ArrayList<LeastAbsoluteFit.Sample>();
        for (int i = 0; i < 20; i++) {
            double flops = Math.pow(10, 4 + 6 * random.nextDouble());
            double bytes = Math.pow(10, 3 + 5 * random.nextDouble());
            samples.add(new LeastAbsoluteFit.Sample(
                    List.of(flops, bytes, 1.0), perFlop * flops + perByte * bytes + launch));
        }
        return samples;
    }

    @Test
    void recoversTheCostsThatMadeTheTimes() {
        var fit = LeastAbsoluteFit.fit(samples(1e-11, 5e-11, 1e-6));
        assertEquals(1e-11, fit.costs().get(0), 1e-15);
        assertEquals(5e-11, fit.costs().get(1), 1e-15);
        assertEquals(1e-6, fit.costs().get(2), 1e-10);
        assertTrue(fit.error() < 1e-6, "error " + fit.error());
    }

    @Test
    void aDisturbedSampleDoesNotBendTheLaw() {
        var samples = samples(1e-11, 5e-11, 1e-6);
        var disturbed = samples.get(4);
        samples.set(4, new LeastAbsoluteFit.Sample(disturbed.amounts(), 3 * disturbed.seconds()));
        var fit = LeastAbsoluteFit.fit(samples);
        assertEquals(1e-11, fit.costs().get(0), 1e-14);
        assertEquals(5e-11, fit.costs().get(1), 1e-14);
    }

    @Test
    void costsAreNeverNegative() {
        var fit = LeastAbsoluteFit.fit(List.of(
                new LeastAbsoluteFit.Sample(List.of(1.0, 1.0), 1),
                new LeastAbsoluteFit.Sample(List.of(2.0, 1.0), 0.5)));
        assertTrue(fit.costs().stream().allMatch(c -> c >= 0), fit.toString());
    }
}
