package dev.dovetail.runtime.failure;

/** How a process ends, for shells. */
public enum ExitStatus {
    DONE(0),
    FAILED(3),
    WRONG_USAGE(64),
    OUR_BUG(70),
    /** Used between ranks only: another rank failed first, and its message is the one to print. */
    ECHO(75),
    INTERRUPTED(130);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
