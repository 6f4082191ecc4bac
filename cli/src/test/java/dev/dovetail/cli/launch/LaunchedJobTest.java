package dev.dovetail.cli.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dovetail.cli.parity.NanoJob;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** A small GPT, its ranks started by the scripts beside its jar: the losses are those of a local run, to the last bit. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LaunchedJobTest {
    @TempDir
    private Path folder;

    private Optional<List<String>> local = Optional.empty();

    /** What the same job computes when it starts its ranks itself; run once, and only where something compares with it. */
    private List<String> local() throws Exception {
        if (local.isEmpty()) {
            Path home = compiled("local");
            String printed = run(
                    new ProcessBuilder(java(), "-jar", home.resolve("job.jar").toString(), "--launcher", "local"));
            local = Optional.of(curve(home, printed));
        }
        assertEquals(NanoJob.STEPS, local.get().size());
        return local.get();
    }

    private Path compiled(String name) throws IOException {
        Path home = folder.resolve(name);
        NanoJob.write(folder.resolve("text.bin"), home);
        return home;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String run(ProcessBuilder builder) throws Exception {
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }

    private static List<String> curve(Path home, String printed) throws IOException {
        assertTrue(Files.exists(home.resolve("metrics.jsonl")), printed);
        return Files.readAllLines(home.resolve("metrics.jsonl")).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .map(row -> row.path("step").asLong() + " " + row.path("loss").asDouble())
                .toList();
    }

    private static void assumePresent(Optional<String> missing) {
        missing.ifPresent(reason -> System.out.println("skipped: " + reason));
        assumeTrue(missing.isEmpty(), missing::get);
    }

    @Test
    void slurmOnFourNodesComputesTheSame() throws Exception {
        assumePresent(VirtualSlurm.missing());
        Path home = compiled("slurm");
        try (VirtualSlurm slurm = VirtualSlurm.start(Files.createDirectory(folder.resolve("cluster")))) {
            String printed = slurm.batch(home, "launch/slurm.sbatch", Map.of());
            assertEquals(local(), curve(home, printed));
        }
    }

    @Test
    void mpirunComputesTheSame() throws Exception {
        boolean there = Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(place -> Files.isExecutable(Path.of(place, "mpirun")));
        assumePresent(there ? Optional.empty() : Optional.of("`mpirun` is not installed (Debian: openmpi-bin)"));
        Path home = compiled("mpirun");
        var builder = new ProcessBuilder(new ArrayList<>(List.of("sh", home + "/launch/mpirun.sh")));
        builder.environment().put("MPIRUN_OPTIONS", "--oversubscribe");
        // mpirun asks twice before it runs for root, as a test in a container does.
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT", "1");
        builder.environment().put("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        assertEquals(local(), curve(home, run(builder)));
    }
}
