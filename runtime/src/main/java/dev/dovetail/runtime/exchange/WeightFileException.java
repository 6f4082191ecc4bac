package dev.dovetail.runtime.exchange;

import dev.dovetail.runtime.failure.JobFailure;

/** A file of weights is missing, damaged or for another model. */
public final class WeightFileException extends JobFailure {
    private static final long serialVersionUID = 1L;

    public WeightFileException(String message, String help) {
        super(message, help);
    }

    public WeightFileException(String message, String help, Throwable cause) {
        super(message, help, cause);
    }
}
