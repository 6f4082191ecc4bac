package dev.dovetail.cli.cuda;

import dev.dovetail.backends.cuda.compile.ToolRun;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The emulated driver of this JVM; one can be put in place only once. */
public final class EmulatedDriver {
    private static final Optional<CudaEmulator> ONLY = start();

    private EmulatedDriver() {}

    private static Optional<CudaEmulator> start() {
        Optional<Path> compiler =
                ToolRun.find("g++", Optional.ofNullable(System.getenv("PATH")).orElse(""));
        String obstacle = compiler.isEmpty() ? "no g++ on the PATH" : CudaEmulator.obstacle();
        if (!obstacle.isEmpty()) {
            System.out.println("skipped: programs on the emulated device (" + obstacle + ")");
            return Optional.empty();
        }
        try {
            // It stays loaded until the JVM ends, so its folder has to stay too.
            Path kept = Files.createDirectories(Path.of("target", "emulator")).toAbsolutePath();
            return Optional.of(CudaEmulator.load(compiler.get(), kept));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The driver, or the test is skipped: why was printed once. */
    public static CudaEmulator get() {
        Assumptions.assumeTrue(ONLY.isPresent(), "programs cannot be emulated here");
        return ONLY.get();
    }
}
