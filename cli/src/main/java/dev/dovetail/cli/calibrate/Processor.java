package dev.dovetail.cli.calibrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this machine is, as a profile names it. */
public record Processor(String name, int cores) {

    /** The processor at hand; its architecture's name where the system does not tell the model. */
    public static Processor atHand() {
        return new Processor(
                model(Path.of("/proc/cpuinfo")), Runtime.getRuntime().availableProcessors());
    }

    private static String model(Path cpuinfo) {
        String architecture = System.getProperty("os.arch");
        if (!Files.isReadable(cpuinfo)) {
            return architecture;
        }
        try (var lines = Files.lines(cpuinfo)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse(architecture);
        } catch (IOException unreadable) {
            return architecture;
        }
    }
}
