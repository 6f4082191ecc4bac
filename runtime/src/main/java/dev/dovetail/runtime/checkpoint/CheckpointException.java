package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.failure.JobFailure;

/** A checkpoint could not be written, read or used; says which file and why, and what is still whole. */
public final class CheckpointException extends JobFailure {
    private static final long serialVersionUID = 1L;

    public CheckpointException(String message, String help) {
        super(message, help);
    }

    public CheckpointException(String message, String help, Throwable cause) {
        super(message, help, cause);
    }
}
