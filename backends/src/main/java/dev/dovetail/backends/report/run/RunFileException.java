package dev.dovetail.backends.report.run;

import java.nio.file.Path;

/** A file of a run's folder cannot be understood; the message names it and says why. */
public final class RunFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RunFileException(Path file, String why, Throwable cause) {
        super("`" + file + "` cannot be read: " + why, cause);
    }
}
