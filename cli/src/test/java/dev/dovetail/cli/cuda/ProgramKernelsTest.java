package dev.dovetail.cli.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.KernelProvenance;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.backends.cuda.compile.GpuArchitecture;
import dev.dovetail.backends.cuda.compile.NvccCompiler;
import dev.dovetail.backends.cuda.device.KernelDevice;
import dev.dovetail.backends.cuda.device.KernelSuite;
import dev.dovetail.backends.cuda.device.ProgramCases;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import dev.dovetail.cli.kernels.ProgramLaws;
import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.pack.GreedyPacker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kernel of a lowered program: generated, run on the emulated device, compiled by nvcc. */
class ProgramKernelsTest {
    private static final AdamW RULE = new AdamW(0.9, 0.95, 1e-8, 0.1);
    private static final String PATH =
            Optional.ofNullable(System.getenv("PATH")).orElse("");

    @TempDir
    Path folder;

    /** A GPT of {@code layers} layers; biases, learned positions and tied embeddings where the norm is a layer norm. */
    private static TrainJob job(
            NormKind norm, Precision precision, int width, int heads, int layers, int sequence, int vocab, int batch) {
        boolean gpt = norm == NormKind.LAYER;
        var attention = Settings.empty("attention").with("heads", heads);
        var mlp = Settings.empty("mlp").with("inner", 4 * width).with("activation", gpt ? "gelu" : "swiglu");
        var layer = List.of(
                new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                new SubLayer(new MlpBlock(), mlp, NormPlace.PRE, true, false));
        var model = new ModelDefinition(
                "gpt",
                vocab,
                width,
                sequence,
                gpt ? Positions.LEARNED : Positions.ROPE,
                gpt ? sequence : 0,
                norm,
                1e-5,
                gpt,
                gpt,
                false,
                false,
                true,
                List.of(new Stack(layers, layer)),
                Origin.NONE);
        return new TrainJob(
                "gpt",
                model,
                Cluster.of("none", List.of(), Origin.NONE),
                new DataSource.None(),
                batch,
                sequence,
                3,
                precision,
                OptimizerSettings.ADAMW,
                List.of(Objective.TIME),
                List.of(),
                Map.of(),
                List.of(),
                0,
                50,
                Origin.NONE);
    }

    private static Program lower(TrainJob job, int tensor, int pipeline, int data) {
        var plan = Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, tensor > 1)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.INTERLEAVE, 1)
                .with(Decision.DATA, data)
                .with(Decision.SHARD, Decision.Shard.OPTIMIZER)
                .with(Decision.MICROBATCH, 1)
                .with(Decision.RECOMPUTE, Recomputation.SELECTIVE)
                .with(Decision.SCHEDULE, Decision.Schedule.ONE_F_ONE_B);
        return LowerPlan.lower(job, plan, new LayerCache(new GreedyPacker()));
    }

    private static ProgramKernels kernels(Program program) {
        return ProgramKernels.of(
                program,
                RULE,
                use -> new KernelProvenance("tiny.dove", 3, String.join(", ", use.bodies()), List.of("tensor 2")));
    }

    @Test
    void kernelsOfTinyProgramsAgreeWithFloat64() {
        CudaEmulator emulator = EmulatedDriver.get();
        try (KernelDevice device = KernelDevice.open(0)) {
            for (NormKind norm : NormKind.values()) {
                for (Precision precision :
                        List.of(Precision.uniform(ElementType.F32), Precision.mixed(ElementType.BF16))) {
                    Program program = lower(job(norm, precision, 24, 2, 2, 18, 32, 4), 2, 2, 2);
                    var cases = ProgramCases.of(kernels(program));
                    var provenance = new KernelProvenance("tiny.dove", 3, norm + " " + precision, List.of());
                    var suite = new KernelSuite(device, emulator, Optional.empty(), Double.POSITIVE_INFINITY);
                    for (var row : suite.run(cases, provenance, each -> {})) {
                        assertTrue(row.passes(), row::line);
                    }
                }
            }
        }
    }

    /** Two layers, four sequences over two data ranks, one at a time: four times forward and, with attention again, back. */
    @Test
    void callsOfAStepAreThoseOfEveryLayerAndMicrobatch() {
        Program program = lower(job(NormKind.LAYER, Precision.uniform(ElementType.F32), 24, 2, 2, 18, 32, 4), 2, 2, 2);
        var attention = ProgramLaws.calls(program).entrySet().stream()
                .collect(Collectors.groupingBy(
                        call -> call.getKey().op().label(), Collectors.summingLong(Map.Entry::getValue)));
        assertEquals(2 * 4, attention.get("attend"));
        assertEquals(4, attention.get("attend_grad"));
    }

    @Test
    @Tag("slow")
    void kernelsOfGpt3CompileForEveryArchitecture() {
        Optional<Path> nvcc = NvccCompiler.find(PATH);
        if (nvcc.isEmpty()) {
            System.out.println("skipped: a program's kernels through nvcc (not on the PATH or in /usr/local/cuda/bin)");
        }
        Assumptions.assumeTrue(nvcc.isPresent(), "nvcc is not installed");
        // GPT-3 175B (Brown et al. 2020, arXiv:2005.14165), vocabulary padded to a multiple of 8 x 128.
        var job = job(NormKind.LAYER, Precision.mixed(ElementType.BF16), 12288, 96, 96, 2048, 51200, 1536);
        var kernels = kernels(lower(job, 8, 16, 8)).kernels();
        var module = new NvccCompiler(nvcc.get(), folder, List.of(GpuArchitecture.values())).compile(kernels);
        long entries =
                kernels.stream().mapToLong(kernel -> kernel.entries().size()).sum();
        assertEquals(
                entries * GpuArchitecture.values().length, module.resources().size());
        assertTrue(module.resources().stream().noneMatch(r -> r.spills()), module.resources()::toString);
    }
}
