package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** One rank's end of the wires when each rank is a process of its own: a socket to every other. */
public final class SocketTransport implements Transport {
    private static final int HELLO_BYTES = 24;
    private static final long MAGIC = 0x444F5645_5441494CL;
    private static final int VERSION = 1;
    private static final long FAREWELL_MILLIS = 5_000;
    /** A peer that is gone itself takes nothing any more. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final int rank;
    private final int size;
    private final Mailbox mailbox;
    private final BufferPool pool = new BufferPool();
    private final Map<Integer, Connection> connections = new TreeMap<>();

    private SocketTransport(int rank, int size, Duration patience) {
        this.rank = rank;
        this.size = size;
        this.mailbox = new Mailbox(rank, patience);
    }

    /**
     * Connects to all other ranks: it calls those below it and is called by those above.
     *
     * @param patience how long a receive waits before the run is given up
     */
    public static SocketTransport connect(int rank, int size, Rendezvous rendezvous, Duration patience) {
        SocketTransport transport = new SocketTransport(rank, size, patience);
        try (Rendezvous.Meeting meeting = rendezvous.join(rank, size)) {
            for (int lower = 0; lower < rank; lower++) {
                transport.call(lower, meeting);
            }
            transport.answer(meeting, rendezvous.patience());
        } catch (IOException e) {
            throw new TransportException(
                    TransportException.Kind.SETUP,
                    "rank " + rank + " cannot connect to the other ranks: " + e.getMessage(),
                    "look at the other ranks' messages; if there are none, run again",
                    e);
        }
        return transport;
    }

    private void call(int peer, Rendezvous.Meeting meeting) throws IOException {
        SocketChannel channel = meeting.call(peer);
        ByteBuffer hello = hello();
        while (hello.hasRemaining()) {
            channel.write(hello);
        }
        add(peer, channel, meeting);
    }

    private void answer(Rendezvous.Meeting meeting, Duration patience) throws IOException {
        ServerSocketChannel server = meeting.server();
        server.configureBlocking(false);
        long end = System.nanoTime() + patience.toNanos();
        while (connections.size() < size - 1) {
            SocketChannel channel = server.accept();
            if (channel != null) {
                channel.configureBlocking(true);
                meeting.prepare(channel);
                add(readHello(channel), channel, meeting);
            } else if (System.nanoTime() > end) {
                throw new IOException(
                        (size - 1 - connections.size()) + " of them did not call in " + patience.toSeconds() + " s");
            } else {
                pause();
            }
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private ByteBuffer hello() {
        return ByteBuffer.allocate(HELLO_BYTES)
                .putLong(MAGIC)
                .putInt(VERSION)
                .putInt(rank)
                .putInt(size)
                .putInt(0)
                .flip();
    }

    private int readHello(SocketChannel channel) throws IOException {
        ByteBuffer hello = Frame.readFully(channel, ByteBuffer.allocate(HELLO_BYTES));
        if (hello.getLong() != MAGIC || hello.getInt() != VERSION) {
            throw new IOException("a stranger called");
        }
        int peer = hello.getInt();
        int peerSize = hello.getInt();
        if (peerSize != size || peer <= rank || peer >= size || connections.containsKey(peer)) {
            throw new IOException("rank " + peer + " of " + peerSize + " called rank " + rank + " of " + size);
        }
        return peer;
    }

    private void add(int peer, SocketChannel channel, Rendezvous.Meeting meeting) {
        connections.put(peer, new Connection(rank, peer, meeting.describe(peer), channel, mailbox, pool));
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public Buffer take(long bytes) {
        return pool.take(bytes);
    }

    @Override
    public void send(int to, MessageTag tag, Buffer message) {
        if (to == rank) {
            mailbox.put(rank, tag, message);
        } else {
            connections.get(to).send(tag, message);
        }
    }

    @Override
    public Buffer receive(int from, MessageTag tag) {
        return mailbox.take(from, tag);
    }

    @Override
    public long framingBytes(MessageTag tag) {
        return Frame.bytes(tag);
    }

    @Override
    public long bufferBytes() {
        return pool.allocatedBytes();
    }

    /** Tells every other rank why this one ends before its time; theirs end with the same reason. */
    public void fail(String why, String help) {
        connections.values().forEach(connection -> connection.fail(why, help));
        long end = System.nanoTime() + LAST_WORDS.toNanos();
        connections.values().forEach(connection -> connection.close((end - System.nanoTime()) / 1_000_000));
    }

    /** The pool is not closed: reader threads may still hold buffers, and the process ends soon. */
    @Override
    public void close() {
        connections.values().forEach(connection -> connection.close(FAREWELL_MILLIS));
    }
}
