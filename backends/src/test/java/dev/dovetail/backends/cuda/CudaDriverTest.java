package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.KernelWork.OperatorWork;
import dev.dovetail.driver.CudaDriver;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Finding a driver, and what a launch refuses. */
class CudaDriverTest {
    @Test
    void missingDriverIsAnAnswerThatNamesTheLibrary() {
        assertEquals(
                new CudaDriver.Absent("no CUDA driver: libcuda-of-nowhere.so.1 is not installed"),
                CudaDriver.probe("libcuda-of-nowhere.so.1"));
    }

    @Test
    void driverThatStartsIsReady() {
        EmulatedDevice.get();
        assertEquals(new CudaDriver.Ready(), CudaDriver.probe());
    }

    @Test
    void deviceSaysItsNameAndCapability() {
        var device = EmulatedDevice.get().device();
        assertEquals("emulated on the CPU", device.name());
        assertEquals(90, device.capability());
    }

    @Test
    void launchWithoutASymbolNamesIt() {
        var emulated = EmulatedDevice.get();
        TensorType cache = TensorType.of(ElementType.F32, Dim.of("past", 8), Dim.of("batch", 2));
        TensorType fresh = TensorType.of(ElementType.F32, Dim.of("sequence", 1), Dim.of("batch", 2));
        CudaKernel kernel = EmulatedDevice.kernel(
                new CudaNames(), OperatorWork.of(CacheWrite.all("past", "sequence", "start"), cache, fresh));
        var loaded = emulated.load(List.of(kernel)).getFirst();
        var memory = emulated.device().allocate(256);
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> emulated.device().launch(loaded, memory, new long[] {0, 64, 0}, Map.of()));
        memory.close();
        assertTrue(thrown.getMessage().contains("launch symbol start"), thrown.getMessage());
    }
}
