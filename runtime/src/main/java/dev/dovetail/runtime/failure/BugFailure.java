package dev.dovetail.runtime.failure;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Something that should not happen: a bug of ours, told with all that helps to find it; exit status 70. */
public final class BugFailure extends JobFailure {
    private static final long serialVersionUID = 1L;

    private static final String HELP = "this is a bug of Dovetail; please report it with the lines above";

    public BugFailure(String message) {
        super(message, HELP);
    }

    /** With the whole story of {@code cause}. */
    public static BugFailure of(Throwable cause) {
        StringWriter trace = new StringWriter();
        cause.printStackTrace(new PrintWriter(trace));
        return new BugFailure(trace.toString().stripTrailing());
    }

    @Override
    public ExitStatus status() {
        return ExitStatus.OUR_BUG;
    }
}
