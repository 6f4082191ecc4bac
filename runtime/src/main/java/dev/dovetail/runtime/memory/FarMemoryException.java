package dev.dovetail.runtime.memory;

import dev.dovetail.runtime.failure.JobFailure;
import java.io.IOException;
import java.nio.file.Path;

/** What should lie beside a rank's arena cannot be kept or read. */
public final class FarMemoryException extends JobFailure {
    private static final long serialVersionUID = 1L;
    private static final String HELP =
            "checkpoints are untouched: free some space, or run the job in a folder on another drive";

    private FarMemoryException(String message, IOException cause) {
        super(message, HELP, cause);
    }

    static FarMemoryException noRoom(Path path, long bytes, long free) {
        String message = "`" + path + "` needs " + bytes + " bytes beside a rank's arena, and its drive has " + free;
        return new FarMemoryException(message, new IOException("No space left on device"));
    }

    static FarMemoryException of(Path path, IOException cause) {
        return new FarMemoryException(
                "`" + path + "` beside a rank's arena cannot be used: " + cause.getMessage(), cause);
    }
}
