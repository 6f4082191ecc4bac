package dev.dovetail.cli;

/** What the command's exit tells a script; the numbers are part of the interface. */
public enum ExitStatus {
    OK(0),
    /** A wrong spec, or a file that is missing or broken. */
    WRONG_INPUT(1),
    /** The problem has no solution; the answer names what clashes. */
    INFEASIBLE(2),
    /** A run started and did not finish, or finished with a wrong result. */
    FAILED_RUN(3),
    WRONG_USAGE(64),
    /** A bug of ours. */
    BUG(70),
    INTERRUPTED(130);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    /** @throws IllegalArgumentException where no status has the code */
    public static ExitStatus of(int code) {
        for (ExitStatus status : values()) {
            if (status.code == code) {
                return status;
            }
        }
        throw new IllegalArgumentException("no exit status has the code " + code);
    }

    public int code() {
        return code;
    }
}
