package dev.dovetail.optimizer.goodput;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.units.Seconds;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointIntervalTest {
    private static final long MOST = 1_000_000;

    private static CheckpointInterval of(double between, double step, double save, double restart) {
        return new CheckpointInterval(Seconds.of(between), Seconds.of(step), Seconds.of(save), Seconds.of(restart));
    }

    /** A job that runs, fails, loses what it had not saved, and starts again, on a clock of numbers. */
    private static double played(double between, double step, double save, double restart, long every, Random random) {
        double clock = 0;
        double kept = 0;
        double failure = between * exponential(random);
        for (int saved = 0; saved < 60_000; ) {
            double end = clock + every * step + save;
            if (end <= failure) {
                clock = end;
                kept += every * step;
                saved++;
                continue;
            }
            clock = failure;
            failure = clock + between * exponential(random);
            while (clock + restart > failure) {
                clock = failure;
                failure = clock + between * exponential(random);
            }
            clock += restart;
        }
        return kept / clock;
    }

    private static double exponential(Random random) {
        return -Math.log(1 - random.nextDouble());
    }

    @ParameterizedTest
    @CsvSource({"20000, 15, 12, 310, 100", "20000, 15, 12, 310, 30", "2000, 15, 60, 310, 20", "600, 5, 30, 60, 100"})
    void whatIsKeptIsWhatAPlayedJobKeeps(double between, double step, double save, double restart, long every) {
        double expected = played(between, step, save, restart, every, new Random(7));

        assertEquals(expected, of(between, step, save, restart).every(every).fraction(), 0.02 * expected);
    }

    @Test
    void noOtherIntervalKeepsMore() {
        var random = new Random(11);
        for (int i = 0; i < 200; i++) {
            var interval = of(
                    Math.pow(10, 2 + 4 * random.nextDouble()),
                    Math.pow(10, 2 * random.nextDouble() - 1),
                    200 * random.nextDouble() * random.nextDouble(),
                    600 * random.nextDouble());
            long best = interval.best(2000).steps();
            double kept = interval.every(best).fraction();
            for (long other = 1; other <= 2000; other++) {
                assertTrue(interval.every(other).fraction() <= kept, interval + ": " + other + " beats " + best);
            }
        }
    }

    @Test
    void savingThatTakesNoTimeIsDoneAfterEveryStep() {
        assertEquals(1, of(1000, 5, 0, 60).best(MOST).steps());
    }

    @Test
    void almostNoFailuresCostAlmostNothing() {
        var best = of(1e12, 10, 20, 300).best(MOST);
        assertTrue(best.fraction() > 0.99999, best.kept());
    }

    @Test
    void aJobShorterThanTheBestIntervalIsSavedOnce() {
        assertEquals(50, of(1e9, 10, 60, 300).best(50).steps());
    }
}
