package dev.dovetail.cli.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.compile.KernelResources;
import dev.dovetail.backends.cuda.compile.NvccCompiler;
import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.SmallSpec;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.cli.terminal.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

class KernelFilesTest {
    /** Gradients of keys and values in heads of 256 are 256 sums a thread: all the registers that it has. */
    private static final Pattern WIDE_HEADS = Pattern.compile("attend_grad_.*x256_bf16");

    private static final Path SPECS = Path.of("..", "specs");

    @TempDir
    private Path folder;

    private CapturedContext context;

    @BeforeEach
    void standInTheFolder() throws IOException {
        context = new CapturedContext(folder, Terminal.plain());
        Files.writeString(
                folder.resolve("small.dove"), SmallSpec.asking("fix { tensor 2, pipeline 2, data 2, microbatch 1 }"));
    }

    private Compilation compilation() throws IOException, InterruptedException {
        var job = new SpecReader(context.context()).job(Path.of("small.dove"), List.of(), Optional.empty());
        return new JobCompiler(context.context()).compile(job);
    }

    private KernelFiles.Written write(Optional<Path> nvcc) throws IOException, InterruptedException {
        return new KernelFiles(context.context(), nvcc, folder.resolve("cache"))
                .write(compilation(), folder.resolve("out"));
    }

    @Test
    void everyKernelIsAFileBesideTheHeaderItIncludes() throws IOException, InterruptedException {
        var written = write(Optional.empty());
        Path cuda = folder.resolve("out/cuda");
        assertEquals(written.kernels().size() + 1, written.files().size());
        for (CudaKernel kernel : written.kernels()) {
            assertEquals(kernel.source(), Files.readString(cuda.resolve(kernel.fileName())));
        }
        assertTrue(Files.exists(cuda.resolve("dovetail_device.cuh")));
    }

    @Test
    void withoutNvccTheReasonIsPrintedAndNothingClaimed() throws IOException, InterruptedException {
        var written = write(Optional.empty());
        assertTrue(written.module().isEmpty());
        assertFalse(Files.exists(folder.resolve("out/cuda/resources.json")));
        assertEquals(1, context.err().size());
        assertTrue(context.err().getFirst().contains("nvcc is neither on the PATH"), context.err()::toString);
    }

    @Test
    void kernelsNameTheLineOfTheirSubLayer() throws IOException, InterruptedException {
        var kernels = write(Optional.empty()).kernels();
        for (CudaKernel kernel : kernels) {
            if (kernel.work().label().startsWith("attend")) {
                assertTrue(kernel.source().contains("small.dove:" + SmallSpec.ATTENTION_LINE + "\n"), kernel::source);
            }
            boolean inner = kernel.work().operands().stream()
                    .anyMatch(type -> type.names().contains("inner"));
            if (inner) {
                assertTrue(kernel.source().contains("small.dove:" + SmallSpec.MLP_LINE + "\n"), kernel::source);
            }
        }
        assertTrue(kernels.stream().allMatch(kernel -> kernel.source().contains("tensor 2, ")));
    }

    /** Layers of a model that another reads are counted in its own stacks, and those that predict further in none. */
    @Test
    void kernelsOfModelsOfSeveralPartsNameTheLineOfTheirPart() throws IOException, InterruptedException {
        String small = Files.readString(folder.resolve("small.dove"));
        String model = small.substring(0, small.indexOf("cluster"));
        String twoParts = """
                model small {
                  encoder {
                    vocab 512, width 256, context 64
                    repeat 2 { attention { heads 8, mask none }
                      mlp { inner 768 } }
                  }
                  decoder {
                    vocab 512, width 256, context 64
                    repeat 2 { attention { heads 8 }, attention { heads 8, cross }
                      mlp { inner 512 } }
                  }
                }
                """;
        Files.writeString(folder.resolve("small.dove"), small.replace(model, twoParts));
        String source = sourceWith(write(Optional.empty()).kernels(), "inner", 768 / 2);
        assertTrue(source.contains("small.dove:5\n"), source);
        source = sourceWith(write(Optional.empty()).kernels(), "inner", 512 / 2);
        assertTrue(source.contains("small.dove:10\n"), source);
        Files.writeString(folder.resolve("small.dove"), small.replace("context 128", "context 128, mtp 1"));
        assertFalse(write(Optional.empty()).kernels().isEmpty());
    }

    private static String sourceWith(List<CudaKernel> kernels, String dim, long size) {
        return kernels.stream()
                .filter(kernel -> kernel.work().operands().stream()
                        .flatMap(type -> type.dims().stream())
                        .anyMatch(d -> d.name().equals(dim) && d.bound() == size))
                .map(CudaKernel::source)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void kernelsOfAnEarlierPlanGoAndFilesOfTheUserStay() throws IOException, InterruptedException {
        Path cuda = Files.createDirectories(folder.resolve("out/cuda"));
        var earlier = write(Optional.empty()).kernels().getFirst();
        Path old = Files.writeString(cuda.resolve("map_of_an_earlier_plan.cu"), earlier.source());
        Path own = Files.writeString(cuda.resolve("my_kernel.cu"), "// mine\n");
        write(Optional.empty());
        assertFalse(Files.exists(old));
        assertTrue(Files.exists(own));
    }

    private static Path nvcc() {
        Optional<Path> nvcc =
                NvccCompiler.find(Optional.ofNullable(System.getenv("PATH")).orElse(""));
        if (nvcc.isEmpty()) {
            System.out.println(
                    "skipped: resources of a plan's kernels (no nvcc on the PATH or in /usr/local/cuda/bin)");
        }
        Assumptions.assumeTrue(nvcc.isPresent(), "nvcc is not installed");
        return nvcc.orElseThrow();
    }

    /** Specs that train, but those that begin with the weights of another run. */
    static Stream<Path> specs() throws IOException {
        var trains = Pattern.compile("^(train|finetune) ", Pattern.MULTILINE);
        try (var files = Files.list(SPECS)) {
            return files
                    .filter(file -> file.toString().endsWith(".dove"))
                    .filter(file ->
                            trains.matcher(read(file)).find() && !read(file).contains("upcycled"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Warnings are errors; minutes a spec, of which the search of a large model takes its part. */
    @ParameterizedTest
    @MethodSource("specs")
    @Tag("slow")
    void kernelsOfEverySpecCompileForEveryArchitectureAndNoneSpills(Path spec)
            throws IOException, InterruptedException {
        Path nvcc = nvcc();
        var job = new SpecReader(context.context()).job(spec.toAbsolutePath(), List.of(), Optional.empty());
        var written = new KernelFiles(context.context(), Optional.of(nvcc), folder.resolve("cache"))
                .write(new JobCompiler(context.context()).compile(job), folder.resolve("out"));
        var resources = written.module().orElseThrow().resources();
        assertEquals(
                NvccCompiler.architectures(nvcc).size()
                        * written.kernels().stream()
                                .mapToInt(kernel -> kernel.entries().size())
                                .sum(),
                resources.size());
        assertEquals(
                List.of(),
                resources.stream()
                        .filter(KernelResources::spills)
                        .filter(spilling ->
                                !WIDE_HEADS.matcher(spilling.entry()).find())
                        .toList());
    }

    @Test
    @Tag("slow")
    void nvccReportsResourcesForEveryArchitectureAndNothingSpills() throws IOException, InterruptedException {
        Path nvcc = nvcc();
        var written = write(Optional.of(nvcc));
        assertTrue(written.module().orElseThrow().resources().stream().noneMatch(KernelResources::spills));
        Path resources = folder.resolve("out/cuda/resources.json");
        assertTrue(written.files().contains(resources));
        Map<?, ?> json = JsonMapper.builder().build().readValue(Files.readString(resources), Map.class);
        List<?> kernels = (List<?>) json.get("kernels");
        assertEquals(written.kernels().size(), kernels.size());
        int architectures = NvccCompiler.architectures(nvcc).size();
        for (int i = 0; i < kernels.size(); i++) {
            List<?> entries = (List<?>) ((Map<?, ?>) kernels.get(i)).get("entries");
            assertEquals(written.kernels().get(i).entries().size() * architectures, entries.size());
        }
    }
}
