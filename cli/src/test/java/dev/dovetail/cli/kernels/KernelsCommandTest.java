package dev.dovetail.cli.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.check.AwkwardCases;
import dev.dovetail.backends.cuda.compile.ToolRun;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.MachineProfile.KernelLaw;
import dev.dovetail.ir.calibration.Workloads;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code dovetail kernels check} without a GPU. */
class KernelsCommandTest {
    /** Seconds that starting a kernel on all threads takes on a made-up machine. */
    private static final double LAUNCH = 1e-7;

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

    /** What {@code kernels bench --device cpu SPEC --json} prints, for the program of one small product in a loop. */
    @Test
    void kernelsOfAProgramAreTimedBesideTheirLawsInJson() {
        TensorType square = TensorType.of(ElementType.F64, Dim.of("m", 8), Dim.of("k", 8));
        TensorType result = TensorType.of(ElementType.F64, Dim.of("m", 8), Dim.of("n", 8));
        TensorType right = TensorType.of(ElementType.F64, Dim.of("k", 8), Dim.of("n", 8));
        var product = new Instruction.Compute(
                new MatMul(List.of("m", "n")),
                List.of(buffer("a", square, 0), buffer("b", right, 512)),
                List.of(buffer("y", result, 1024)),
                Map.of());
        var workload = Workloads.of(product.op(), List.of(square, right));
        var foreseen = new KernelLaw(
                workload.law(),
                ElementType.F64,
                workload.terms(),
                Collections.nCopies(workload.terms().size(), 1e-9),
                0,
                1.5);
        var captured = new CapturedContext();

        var rows = new ProgramLaws(machine(foreseen), System.getProperty("java.class.path"))
                .of(threeTimes(product), kernels -> captured.context().progress("timing kernels", kernels));
        assertEquals(ExitStatus.OK, new CpuKernelReport(captured.context(), true).laws(rows));

        JsonNode answer = JsonMapper.shared().readTree(String.join("", captured.out()));
        assertEquals(1, answer.get("schema").asInt());
        assertEquals(1, answer.get("kernels").size());
        JsonNode kernel = answer.get("kernels").get(0);
        assertEquals("MatMul_8x8x8_f64", kernel.get("kernel").asString());
        assertEquals(workload.law(), kernel.get("law").asString());
        assertEquals(3, kernel.get("calls").asInt());
        assertEquals(2, kernel.get("threads").asInt());
        double onBoth = foreseen.seconds(workload) / 2 * 1.5 + LAUNCH;
        assertEquals(onBoth, kernel.get("foreseen_seconds").asDouble(), 1e-15);
        assertTrue(kernel.get("measured_seconds").asDouble() > 0, kernel::toString);
    }

    private static Buffer buffer(String name, TensorType type, long offset) {
        return new Buffer(name, type, MemoryPart.WORKSPACE, IndexExpr.of(offset));
    }

    private static MachineProfile machine(KernelLaw law) {
        return new MachineProfile(
                "toy",
                2,
                1L << 34,
                "2026-01-01",
                List.of(),
                1e9,
                new MachineProfile.Drive("a toy", 1 << 20, true, 1e9, 5e8),
                new MachineProfile.MessageCost(1e-6, 1e-10, 1e-10),
                LAUNCH,
                List.of(law),
                MachineProfile.Conditions.QUIET);
    }

    private static Program threeTimes(Instruction instruction) {
        var body = new Body("product", Body.Activity.FORWARD, List.of(), List.of(instruction));
        Schedule step = new Schedule.Repeat("turn", 3, new Schedule.Call("product", Map.of()));
        Schedule nothing = Schedule.sequence(List.of());
        var rank = new RankClass("stage0", 0, 1536, Map.of(), List.of(), List.of(body), step, nothing, List.of());
        return new Program("toy", MeshShape.of(1, 1, 1), ElementType.F64, 1, 1, 1, List.of(rank));
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
