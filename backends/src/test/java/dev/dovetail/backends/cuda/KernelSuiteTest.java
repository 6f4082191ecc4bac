package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.device.CudaKernelCheck;
import dev.dovetail.backends.cuda.device.KernelCases;
import dev.dovetail.backends.cuda.device.KernelSuite;
import dev.dovetail.backends.cuda.device.KernelTimer;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What `dovetail kernels check` runs, on the emulated device. */
class KernelSuiteTest {
    private static final KernelProvenance PROVENANCE =
            new KernelProvenance("tiny.dove", 7, "block_forward", List.of("tensor 1"));

    private static List<KernelSuite.Row> run(KernelCases layer, Optional<KernelTimer> timer, double largestPlain) {
        var emulated = EmulatedDevice.get();
        emulated.emulator().schedule(CudaEmulator.Schedule.WARP_BY_WARP, 5);
        var seen = new ArrayList<KernelSuite.Row>();
        var rows = new KernelSuite(emulated.device(), emulated.emulator(), timer, largestPlain)
                .run(layer.cases(), PROVENANCE, seen::add);
        assertEquals(layer.cases().size(), rows.size());
        assertEquals(rows, seen);
        rows.forEach(row -> assertTrue(row.passes(), row::line));
        return rows;
    }

    private static KernelCases layer(ElementType element) {
        return new KernelCases(element, 19, 2, 33, 4, 2, 10, 35, 41);
    }

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"F32", "BF16", "F16"})
    void everyOperatorOfALayerAgreesWithItsPlainMeaning(ElementType element) {
        for (var row : run(layer(element), Optional.empty(), Double.POSITIVE_INFINITY)) {
            assertEquals(CudaKernelCheck.Reference.PLAIN, row.check().reference());
        }
    }

    @Test
    void everyOperatorOfALargeLayerAgreesWithItsTwinInDoublePrecision() {
        for (var row : run(layer(ElementType.BF16), Optional.empty(), 0)) {
            assertEquals(CudaKernelCheck.Reference.TWIN, row.check().reference());
        }
    }

    @Test
    void kernelsAreTimedByTheDevice() {
        var timer = new KernelTimer(EmulatedDevice.get().device(), 3);
        var tiny = new KernelCases(ElementType.F32, 8, 1, 8, 2, 2, 6, 8, 8);
        for (var row : run(tiny, Optional.of(timer), Double.POSITIVE_INFINITY)) {
            var speed = row.speed().orElseThrow();
            assertTrue(speed.milliseconds() > 0 && speed.slowest() >= speed.milliseconds(), row::line);
        }
    }
}
