package dev.dovetail.optimizer.accuracy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.plan.ErrorBars;
import dev.dovetail.ir.plan.ErrorBars.Range;
import dev.dovetail.ir.units.Seconds;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PublishedErrorsTest {
    private static final Range STEP = new Range(0.9, 1.25);
    private static final Range MEMORY = new Range(0.8, 1.1);

    @Test
    void whatIsWrittenIsRead() {
        String file = PublishedErrors.write(Map.of(
                PublishedErrors.STEP, STEP, PublishedErrors.MEMORY, MEMORY, "time of an exchange", new Range(0.5, 2)));

        assertEquals(Optional.of(new ErrorBars(STEP, MEMORY)), PublishedErrors.read(file));
    }

    @Test
    void oneQuantityAloneIsNoBars() {
        assertEquals(Optional.empty(), PublishedErrors.read(PublishedErrors.write(Map.of(PublishedErrors.STEP, STEP))));
    }

    @Test
    void whatShipsSurroundsItsPredictions() {
        ErrorBars shipped = PublishedErrors.shipped().orElseThrow();

        assertTrue(shipped.step().low() < 1 && shipped.step().high() > 1, shipped.toString());
        assertTrue(
                shipped.memory().low() > 0
                        && shipped.memory().low() < shipped.memory().high(),
                shipped.toString());
    }

    @Test
    void aRangeIsSaidAroundAPrediction() {
        assertEquals("9 s to 12.5 s", STEP.around(Seconds.of(10)));
    }
}
