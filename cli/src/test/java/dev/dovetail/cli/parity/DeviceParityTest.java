package dev.dovetail.cli.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.KernelProvenance;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.backends.java.JobFacts;
import dev.dovetail.backends.java.JobHeader;
import dev.dovetail.backends.java.JobLoader;
import dev.dovetail.backends.java.JobSources;
import dev.dovetail.cli.cuda.EmulatedDriver;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.cuda.CudaDevices;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A plan's ranks train alike on this processor and, through the emulated driver, on a device. */
class DeviceParityTest {
    private static final int STEPS = 3;
    private static final double SINGLE = 1e-5;

    private static Decisions plan(int tensor, int pipeline, int data) {
        return LegalPlans.plan(
                tensor, tensor > 1, pipeline, 1, data, Shard.NONE, 2, Recompute.NONE, Schedule.ONE_F_ONE_B);
    }

    /** Losses of a job whose kernels were changed by {@code change}, on the emulated device. */
    private static InProcessRun.Result onDevice(TrainJob job, Decisions decisions, UnaryOperator<String> change) {
        Program program = new PlanCompiler(job, new PlanCompiler.Shared()).lower(decisions);
        var settings = job.optimizer();
        var rule = new AdamW(settings.beta1(), settings.beta2(), settings.epsilon(), settings.decay());
        var kernels = ProgramKernels.of(program, rule, use -> new KernelProvenance("nano.dove", 1, "", List.of()));
        var facts = new JobFacts(
                job.name(),
                "",
                job.steps(),
                job.batch(),
                job.seed(),
                settings,
                job.data(),
                0,
                1,
                0,
                1,
                Optional.empty());
        var header = new JobHeader("test", "parity", job.name(), List.of());
        var sources = JobSources.onDevice(program, Optional.empty(), facts, header, kernels, "none");
        var loader = new JobLoader(System.getProperty("java.class.path"), DeviceParityTest.class.getClassLoader());
        var ranks = PlanCompiler.factory(loader.load(sources));
        Path module = EmulatedDriver.get()
                .compile(kernels.kernels().stream().map(k -> changed(k, change)).toList())
                .file();
        return InProcessRun.of(job, new CompiledPlan(decisions, program, ranks), STEPS, new CudaDevices(module));
    }

    private static CudaKernel changed(CudaKernel kernel, UnaryOperator<String> change) {
        return new CudaKernel(
                kernel.name(), kernel.work(), kernel.signature(), kernel.entries(), change.apply(kernel.source()));
    }

    private static InProcessRun.Result onHost(TrainJob job, Decisions decisions) {
        return InProcessRun.of(job, new PlanCompiler(job, new PlanCompiler.Shared()).compile(decisions), STEPS);
    }

    private static double drift(List<Double> losses, List<Double> reference) {
        double worst = 0;
        for (int i = 0; i < STEPS; i++) {
            worst = Math.max(worst, Math.abs(losses.get(i) - reference.get(i)) / reference.get(i));
        }
        return worst;
    }

    @Test
    void aDeviceTrainsAsTheProcessorDoes() {
        assertAlike(NanoModel.gpt(ElementType.F32, 2), plan(2, 2, 1));
    }

    /** Patches, times and classes are loaded into the device's memory, and noise is what is learnt. */
    @Test
    @Tag("slow")
    void aDeviceLearnsPicturesAsTheProcessorDoes() {
        assertAlike(NanoModel.pictures(ElementType.F32), plan(1, 2, 1));
    }

    private static void assertAlike(TrainJob job, Decisions plan) {
        EmulatedDriver.get();
        var host = onHost(job, plan);
        var device = onDevice(job, plan, source -> source);
        double drift = drift(device.losses(), host.losses());
        assertTrue(drift < SINGLE, plan + " drifts by " + drift);
        assertEquals(bytes(host), bytes(device), "bytes sent under " + plan);
    }

    private static long bytes(InProcessRun.Result result) {
        return result.traffic().rows().stream()
                .mapToLong(row -> row.payloadBytes())
                .sum();
    }

    @Test
    void narrowWeightsWithExactMastersFollowSinglePrecision() {
        EmulatedDriver.get();
        TrainJob exact = NanoModel.llama(ElementType.F32, 2);
        Decisions plan = plan(1, 2, 1);
        var narrow = onDevice(NanoModel.llama(Precision.mixed(ElementType.BF16), 2), plan, source -> source);
        double drift = drift(narrow.losses(), onHost(exact, plan).losses());
        // bf16 keeps 8 bits; a sum over tokens of rounded logits stays well below one rounding.
        assertTrue(drift < 0x1p-8, "drifts by " + drift);
    }

    @Test
    void aWrongKernelShows() {
        EmulatedDriver.get();
        TrainJob job = NanoModel.gpt(ElementType.F32, 2);
        Decisions plan = plan(1, 2, 1);
        var wrong = onDevice(
                job, plan, source -> source.contains("operator  adamw") ? source.replace("square_root(", "(") : source);
        double drift = drift(wrong.losses(), onHost(job, plan).losses());
        assertTrue(drift > SINGLE, "an update that divides by the square drifts by " + drift + " only");
    }
}
