package dev.dovetail.runtime.transport;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** Wires between ranks that are threads of this process: bytes are copied out of one arena and into another. */
public final class InProcessNetwork implements AutoCloseable {
    private final List<Mailbox> mailboxes;
    private final BufferPool pool = new BufferPool();

    public InProcessNetwork(int ranks, Duration patience) {
        mailboxes = IntStream.range(0, ranks)
                .mapToObj(rank -> new Mailbox(rank, patience))
                .toList();
    }

    /** The end of {@code rank}. */
    public Transport endpoint(int rank) {
        return new Endpoint(rank);
    }

    /** Ends every wait of every rank: one of them failed. */
    public void stop(String reason) {
        mailboxes.forEach(mailbox -> mailbox.stop(new TransportException(
                TransportException.Kind.STOPPED, "stopped: " + reason, "see the first failure above")));
    }

    /** Frees message memory; call when no rank thread runs any more. */
    @Override
    public void close() {
        pool.close();
    }

    private final class Endpoint implements Transport {
        private final int rank;

        Endpoint(int rank) {
            this.rank = rank;
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public int size() {
            return mailboxes.size();
        }

        @Override
        public Buffer take(long bytes) {
            return pool.take(bytes);
        }

        @Override
        public void send(int to, MessageTag tag, Buffer message) {
            mailboxes.get(to).put(rank, tag, message);
        }

        @Override
        public Buffer receive(int from, MessageTag tag) {
            return mailboxes.get(rank).take(from, tag);
        }

        @Override
        public long framingBytes(MessageTag tag) {
            return 0;
        }

        /** The pool is shared, so each rank answers for its part of it. */
        @Override
        public long bufferBytes() {
            return pool.allocatedBytes() / mailboxes.size();
        }

        @Override
        public void close() {
            TransportException finished = new TransportException(
                    TransportException.Kind.PROTOCOL,
                    "rank " + rank + " has ended, but a message from it is still expected",
                    "the ranks' programs disagree; this is a bug of the plan, please report it");
            mailboxes.forEach(mailbox -> mailbox.lose(rank, finished));
        }
    }
}
