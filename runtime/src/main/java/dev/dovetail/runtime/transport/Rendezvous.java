package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** Where ranks in separate processes find each other. */
public sealed interface Rendezvous permits FolderRendezvous, HostRendezvous {

    /** How long a rank waits for the others to come up. */
    Duration patience();

    /**
     * Opens what {@code rank} of {@code size} listens on, and lets the others know.
     *
     * @throws TransportException when it cannot be done, or when the others do not fit
     */
    Meeting join(int rank, int size);

    /** One rank's side of a rendezvous that took place, open until it is connected. */
    interface Meeting extends AutoCloseable {
        /** Where ranks above this one call. */
        ServerSocketChannel server();

        /** Calls {@code peer}. */
        SocketChannel call(int peer) throws IOException;

        /** Sets up a connection that a peer opened. */
        default void prepare(SocketChannel channel) throws IOException {}

        /** {@code peer} as messages name it, with its host where ranks may be on several. */
        String describe(int peer);

        @Override
        void close() throws IOException;
    }
}
