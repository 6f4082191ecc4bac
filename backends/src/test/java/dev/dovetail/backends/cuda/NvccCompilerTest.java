package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.KernelWork.OperatorWork;
import dev.dovetail.backends.cuda.compile.GpuArchitecture;
import dev.dovetail.backends.cuda.compile.KernelFolder;
import dev.dovetail.backends.cuda.compile.NvccCompiler;
import dev.dovetail.backends.cuda.compile.ToolRun;
import dev.dovetail.backends.cuda.device.KernelCase;
import dev.dovetail.backends.cuda.device.KernelCases;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** nvcc accepts every generated kernel without a warning. */
class NvccCompilerTest {
    @TempDir
    Path folder;

    private NvccCompiler nvcc(GpuArchitecture... architectures) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        Optional<Path> nvcc = NvccCompiler.find(path);
        if (nvcc.isEmpty()) {
            System.out.println(
                    "skipped: compiling kernels for devices (no nvcc on the PATH or in /usr/local/cuda/bin)");
        }
        Assumptions.assumeTrue(nvcc.isPresent(), "nvcc is not installed");
        return new NvccCompiler(nvcc.get(), folder, List.of(architectures));
    }

    private static List<CudaKernel> kernels(List<KernelCase> cases) {
        var names = new CudaNames();
        return cases.stream().map(at -> EmulatedDevice.kernel(names, at.work())).toList();
    }

    private static CudaKernel relu() {
        TensorType x = TensorType.of(ElementType.F32, Dim.of("width", 300));
        return EmulatedDevice.kernel(new CudaNames(), OperatorWork.of(new MapOp(Activations.relu(), x), x));
    }

    @Test
    void layerInMixedPrecisionCompilesForHopper() {
        var kernels = kernels(new KernelCases(ElementType.BF16, 128, 8, 128, 4, 4, 32, 512, 256).cases());
        var module = nvcc(GpuArchitecture.SM_90).compile(kernels);
        assertTrue(Files.exists(module.file()));
        long entries =
                kernels.stream().mapToLong(kernel -> kernel.entries().size()).sum();
        assertEquals(entries, module.resources().size());
        for (var resources : module.resources()) {
            assertEquals("sm_90", resources.architecture());
            assertTrue(resources.registers() > 0 && resources.registers() <= 255, resources::toString);
            assertTrue(resources.sharedBytes() <= 48 * 1024, resources::toString);
            assertFalse(resources.spills(), resources::toString);
        }
    }

    @Test
    void sharedMemoryOfATileIsReported() {
        Dim k = Dim.of("k", 64);
        CudaKernel kernel = EmulatedDevice.kernel(
                new CudaNames(),
                OperatorWork.of(
                        new MatMul(List.of("m", "n")),
                        TensorType.of(ElementType.BF16, Dim.of("m", 64), k),
                        TensorType.of(ElementType.BF16, k, Dim.of("n", 64))));
        var resources = nvcc(GpuArchitecture.SM_90).compile(List.of(kernel)).resources();
        // Two stages of 64 lines of 32 + 8 bf16 and of 32 lines of 64 + 8.
        assertEquals(
                List.of(2 * (64 * 40 + 32 * 72) * 2),
                resources.stream().map(r -> r.sharedBytes()).toList());
    }

    @Test
    void writtenKernelCompilesWithNothingButItsFolder() throws IOException {
        nvcc(GpuArchitecture.SM_90);
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        Path alone = folder.resolve("alone");
        var files = KernelFolder.write(alone, List.of(relu()));
        assertEquals(2, files.size());
        ToolRun.of(
                        alone,
                        List.of(
                                NvccCompiler.find(path).orElseThrow().toString(),
                                "-cubin",
                                "-arch=sm_90",
                                relu().fileName()))
                .orThrow();
    }

    @Test
    void sameKernelsAreCompiledOnce() throws IOException {
        var compiler = nvcc(GpuArchitecture.SM_90);
        var first = compiler.compile(List.of(relu()));
        var written = Files.getLastModifiedTime(first.file());
        assertEquals(first, compiler.compile(List.of(relu())));
        assertEquals(written, Files.getLastModifiedTime(first.file()));
    }

    @Test
    void warningIsAnErrorInTheCompilersWords() {
        CudaKernel kernel = relu();
        String unused = kernel.source().replace("    if (at >= 300)", "    int forgotten = 3;\n    if (at >= 300)");
        var careless = new CudaKernel(kernel.name(), kernel.work(), kernel.signature(), kernel.entries(), unused);
        var compiler = nvcc(GpuArchitecture.SM_90);
        var thrown = assertThrows(IllegalStateException.class, () -> compiler.compile(List.of(careless)));
        assertTrue(thrown.getMessage().contains("forgotten"), thrown.getMessage());
    }

    @Test
    @Tag("slow")
    void everyKernelCompilesForEveryArchitecture() {
        var compiler = nvcc(GpuArchitecture.values());
        for (ElementType element : List.of(ElementType.F32, ElementType.BF16, ElementType.F64)) {
            compiler.compile(kernels(KernelCases.awkward(element).cases()));
        }
        var large = kernels(KernelCases.gpt3(ElementType.BF16).cases());
        var module = compiler.compile(large);
        long entries =
                large.stream().mapToLong(kernel -> kernel.entries().size()).sum();
        assertEquals(
                entries * GpuArchitecture.values().length, module.resources().size());
        assertTrue(module.resources().stream().noneMatch(r -> r.spills()), module.resources()::toString);
    }
}
