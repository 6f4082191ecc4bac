package dev.dovetail.runtime.failure;

/** A command line that cannot be understood; exit status 64. */
public final class UsageException extends JobFailure {
    private static final long serialVersionUID = 1L;

    public UsageException(String message, String help) {
        super(message, help);
    }

    @Override
    public ExitStatus status() {
        return ExitStatus.WRONG_USAGE;
    }
}
