package dev.dovetail.runtime.data;

import dev.dovetail.runtime.failure.JobFailure;

/** The text to train on is missing or unusable. */
public final class DataException extends JobFailure {
    private static final long serialVersionUID = 1L;

    public DataException(String message, String help) {
        super(message, help);
    }

    public DataException(String message, String help, Throwable cause) {
        super(message, help, cause);
    }
}
