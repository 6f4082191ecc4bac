package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.device.KernelCase;
import dev.dovetail.backends.cuda.device.KernelCases;
import dev.dovetail.backends.cuda.device.KernelSuite;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What `dovetail kernels check` runs, on the emulated device. */
class KernelSuiteTest {
    private static final KernelProvenance PROVENANCE =
            new KernelProvenance("tiny.dove", 7, "block_forward", List.of("tensor 1"));

    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"F32", "BF16", "F16"})
    void everyOperatorOfALayerPasses(ElementType element) {
        var emulated = EmulatedDevice.get();
        emulated.emulator().schedule(CudaEmulator.Schedule.WARP_BY_WARP, 5);
        var cases = new KernelCases(element, 19, 2, 33, 4, 2, 10, 35, 41).cases();
        var seen = new ArrayList<KernelSuite.Row>();
        var rows = new KernelSuite(emulated.device(), emulated.emulator(), 1).run(cases, PROVENANCE, seen::add);
        assertEquals(cases.size(), rows.size());
        assertEquals(rows, seen);
        for (KernelSuite.Row row : rows) {
            assertTrue(row.check().isPresent() && row.passes(), row::line);
            assertTrue(row.speed().milliseconds() > 0, row::line);
        }
    }

    @Test
    void kernelTooLargeForTheReferenceIsSaidToBeTimedOnly() {
        var emulated = EmulatedDevice.get();
        var large = KernelCases.awkward(ElementType.F32).cases();
        assertTrue(large.stream().allMatch(at -> at.work().flops() < 3e8), "all awkward cases are compared");
        var huge = KernelCases.gpt3(ElementType.BF16).cases();
        assertTrue(huge.stream().map(KernelCase::work).anyMatch(work -> work.flops() > 3e8));
        assertTrue(emulated.device().name().startsWith("emulated"));
    }
}
