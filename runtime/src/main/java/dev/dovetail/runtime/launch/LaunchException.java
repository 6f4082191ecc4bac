package dev.dovetail.runtime.launch;

import dev.dovetail.runtime.failure.JobFailure;

/** What a launcher left in the environment makes no sense, or not for this job. */
public final class LaunchException extends JobFailure {
    private static final long serialVersionUID = 1L;

    public LaunchException(String message, String help) {
        super(message, help);
    }
}
