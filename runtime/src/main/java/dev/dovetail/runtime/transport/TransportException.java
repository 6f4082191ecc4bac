package dev.dovetail.runtime.transport;

import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;

/** A message could not be sent or received. */
public final class TransportException extends JobFailure {
    private static final long serialVersionUID = 1L;

    /** Whether the fault began here or came from another rank. */
    public enum Kind {
        /** Another rank failed first; its own message tells why. */
        STOPPED,
        /** The connection to a peer ended while it was needed. */
        PEER_LOST,
        /** Nothing came in time. */
        TIMEOUT,
        /** Peers disagree about the program, or bytes were damaged. */
        PROTOCOL,
        /** Sockets could not be set up. */
        SETUP
    }

    private final Kind kind;

    public TransportException(Kind kind, String message, String help) {
        super(message, help);
        this.kind = kind;
    }

    public TransportException(Kind kind, String message, String help, Throwable cause) {
        super(message, help, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /** True when another rank's failure is behind this one, so that this one is not worth printing. */
    public boolean isEcho() {
        return kind == Kind.STOPPED || kind == Kind.PEER_LOST;
    }

    @Override
    public ExitStatus status() {
        return isEcho() ? ExitStatus.ECHO : ExitStatus.FAILED;
    }
}
