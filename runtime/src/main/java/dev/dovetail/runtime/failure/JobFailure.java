package dev.dovetail.runtime.failure;

/** A run that cannot go on for a reason its user can act on: what happened, and the way out. */
public class JobFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String help;

    public JobFailure(String message, String help) {
        super(message);
        this.help = help;
    }

    public JobFailure(String message, String help, Throwable cause) {
        super(message, cause);
        this.help = help;
    }

    /** What the user can do about it. */
    public final String help() {
        return help;
    }

    /** How the process ends because of it. */
    public ExitStatus status() {
        return ExitStatus.FAILED;
    }

    /** Any failure of a rank as something to tell a user. */
    public static JobFailure of(Throwable failure) {
        return switch (failure) {
            case JobFailure known -> known;
            case OutOfMemoryError heap ->
                new JobFailure(
                        "the Java heap is full: " + heap.getMessage(),
                        "raise it with -Xmx; arenas lie outside of it",
                        heap);
            default -> BugFailure.of(failure);
        };
    }

    /** The failure as the terminal shows it. */
    public final String rendered() {
        return "error: " + getMessage() + System.lineSeparator() + "  = help: " + help;
    }
}
