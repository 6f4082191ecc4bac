package dev.dovetail.backends.java;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.runtime.rank.RankProgram;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JobJarTest {
    private static final int STEPS = 20;

    @TempDir
    private Path folder;

    private JobSources sources;

    @BeforeEach
    void writeText() throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), "some words to fill windows with. ".repeat(200));
        sources = JobSources.of(
                SquaresProgram.program(),
                Optional.empty(),
                SquaresProgram.facts(text, STEPS),
                SquaresProgram.header(),
                CpuTarget.scalar());
    }

    /** What a job needs at run time, from this test's own class path. */
    private static List<Path> libraries() {
        var wanted = List.of("runtime", "ir", "jackson-(core|databind|annotations)", "progressbar", "jline");
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> wanted.stream()
                        .anyMatch(name -> entry.replace('\\', '/')
                                .matches(".*/(dovetail-)?" + name + "(-[^/]*)?(/target/.*|\\.jar)")))
                .map(Path::of)
                .toList();
    }

    private Process start(Path jar, String... arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectError(folder.resolve("errors.txt").toFile())
                .start();
    }

    @Test
    void plainJavaRunsTheJarAndGetsTheLossesWorkedOutByHand() throws Exception {
        Path jar = new JobJar(libraries()).write(sources, folder.resolve("out"));

        Process job = start(jar, "--json", "--poison");
        String printed = new String(job.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        String errors = Files.readString(folder.resolve("errors.txt"));
        assertEquals(0, job.waitFor(), errors);
        assertFalse(errors.contains("WARNING"), errors);
        JsonNode loss = JsonMapper.builder().build().readTree(printed).get("loss");
        List<Double> expected = new SquaresByHand(3).losses(STEPS);
        assertEquals(STEPS, loss.size());
        for (int i = 0; i < STEPS; i++) {
            assertEquals(expected.get(i), loss.get(i).asDouble(), 1e-12 * expected.get(i), "step " + i);
        }
        assertTrue(expected.getLast() < expected.getFirst() / 2);
    }

    @Test
    void theSameSourcesGiveTheSameBytes() throws Exception {
        Path once = new JobJar(libraries()).write(sources, folder.resolve("once"));
        Path twice = new JobJar(libraries()).write(sources, folder.resolve("twice"));
        assertArrayEquals(Files.readAllBytes(once), Files.readAllBytes(twice));
    }

    @Test
    void carriesNeitherSolverNorParserNorGenerator() throws Exception {
        Path jar = new JobJar(libraries()).write(sources, folder.resolve("out"));
        try (JarFile file = new JarFile(jar.toFile())) {
            var names = file.stream().map(entry -> entry.getName()).toList();
            assertTrue(names.contains("job/Stage1.class"));
            assertTrue(names.contains(RankProgram.class.getName().replace('.', '/') + ".class"));
            assertTrue(names.stream()
                    .noneMatch(n -> n.matches("(com/google/ortools|org/antlr|com/palantir|dev/dovetail/backends)/.*")));
        }
        assertTrue(Files.isRegularFile(folder.resolve("out/src/job/Stage0.java")));
    }
}
