package dev.dovetail.runtime.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class JvmRestartTest {
    @Test
    void plainJavaGetsVectorsWithoutAWarningAndKeepsTheExitStatus() throws Exception {
        Process plain = start("status");

        String printed = new String(plain.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertEquals("lanes sum to 36.0" + System.lineSeparator(), printed);
        assertEquals(7, plain.waitFor());
    }

    @Test
    void killingTheFirstMachineEndsTheSecond() throws Exception {
        Process plain = start("forever");
        try (BufferedReader lines = plain.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("lanes sum to 36.0", lines.readLine());
            ProcessHandle second = plain.children().findFirst().orElseThrow();

            plain.destroyForcibly().waitFor();

            second.onExit().get(60, TimeUnit.SECONDS);
            assertTrue(!second.isAlive());
        }
    }

    private static Process start(String argument) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), VectorProgram.class.getName(), argument));
        var process = new ProcessBuilder(command).redirectErrorStream(true);
        // Where the variable is set, every Java says so before anything else.
        process.environment().remove("JAVA_TOOL_OPTIONS");
        return process.start();
    }
}
