package dev.dovetail.cli.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.check.AwkwardCases;
import dev.dovetail.backends.cuda.compile.ToolRun;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code dovetail kernels check} without a GPU. */
class KernelsCommandTest {
    @Test
    void emulatedDevicePassesEveryKernelAndSaysSoInJson() {
        String path = System.getenv().getOrDefault("PATH", "");
        boolean can =
                CudaEmulator.obstacle().isEmpty() && ToolRun.find("g++", path).isPresent();
        if (!can) {
            System.out.println("skipped: dovetail kernels check on the emulated device (needs g++ on x86-64 Linux)");
        }
        Assumptions.assumeTrue(can, "kernels cannot be emulated here");
        var captured = new CapturedContext();

        assertEquals(ExitStatus.OK, captured.run("kernels", "check", "--device", "emulated", "--json"));

        assertEquals(1, captured.out().size());
        JsonNode answer = JsonMapper.builder().build().readTree(captured.out().getFirst());
        assertEquals(1, answer.get("schema").asInt());
        assertEquals("emulated on the CPU", answer.get("device").asString());
        assertTrue(answer.get("passes").asBoolean());
        assertTrue(
                answer.get("kernels").size() > 40, () -> answer.get("kernels").size() + " kernels");
        for (JsonNode kernel : answer.get("kernels")) {
            assertTrue(kernel.get("error").asDouble() <= kernel.get("tolerance").asDouble(), kernel::toString);
        }
    }

    /** Kernels are checked where they are made; here it is how the outcome is told. */
    @Test
    void processorsKernelsPassAndTheReportSaysSoInJson() {
        var captured = new CapturedContext();
        var kernels = new CpuKernels(CpuTarget.scalar(), System.getProperty("java.class.path"), AwkwardCases::norms);

        assertEquals(ExitStatus.OK, new CpuKernelReport(captured.context(), true).check(kernels));

        assertEquals(1, captured.out().size());
        JsonNode answer = JsonMapper.builder().build().readTree(captured.out().getFirst());
        assertTrue(answer.get("passes").asBoolean());
        assertEquals(0, answer.get("vector_bits").asInt());
        for (JsonNode kernel : answer.get("kernels")) {
            assertTrue(kernel.get("share_of_tolerance").asDouble() <= 1, kernel::toString);
        }
    }

    @Test
    void timingADeviceOtherThanTheProcessorIsRefusedWithTheWayOut() {
        var captured = new CapturedContext();

        assertEquals(ExitStatus.WRONG_INPUT, captured.run("kernels", "bench", "--device", "emulated"));

        String told = String.join("\n", captured.err());
        assertTrue(told.contains("--device cpu"), told);
    }

    @Test
    void unknownDeviceIsWrongUsageThatListsTheKnownOnes() {
        var captured = new CapturedContext();

        assertEquals(ExitStatus.WRONG_USAGE, captured.run("kernels", "check", "--device", "abacus"));

        String told = String.join("\n", captured.err());
        assertTrue(told.contains("EMULATED"), told);
    }
}
