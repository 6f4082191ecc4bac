package dev.dovetail.runtime.transport;

/**
 * One rank's end of the wires to all others. A send never waits for the receiver; a receive waits for its message.
 *
 * <p>Used by the rank's own thread only. Throws {@link TransportException} when a peer is gone, the wait grew too long,
 * or the job was stopped.
 */
public interface Transport extends AutoCloseable {
    int rank();

    int size();

    /** Memory for a message to send. */
    Buffer take(long bytes);

    /** Sends {@code message} and takes it over. */
    void send(int to, MessageTag tag, Buffer message);

    /** Waits for the next message of {@code tag} from {@code from}; the caller releases it. */
    Buffer receive(int from, MessageTag tag);

    /** Bytes that travel with a message of this tag beside its payload. */
    long framingBytes(MessageTag tag);

    /** Bytes of message memory this rank's side took from the machine. */
    long bufferBytes();

    /** Ends this rank's use; what it sent before still arrives. */
    @Override
    void close();
}
