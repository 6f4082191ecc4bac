package dev.dovetail.runtime.transport;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.LinkedBlockingQueue;

/** The socket to one peer, with a thread that writes what is queued and one that reads what comes. */
final class Connection {
    private static final long SLICE = 64L << 20;

    /** A message to send, or one of two ends. */
    private sealed interface Outgoing {
        record Message(MessageTag tag, Buffer payload) implements Outgoing {}

        record End() implements Outgoing {}

        record Failure(String why, String help) implements Outgoing {}
    }

    private final int self;
    private final int peer;
    private final String peerName;
    private final SocketChannel channel;
    private final Mailbox mailbox;
    private final BufferPool pool;
    private final LinkedBlockingQueue<Outgoing> outgoing = new LinkedBlockingQueue<>();
    private final Thread writer;

    /** @param peerName as messages call the peer */
    Connection(int self, int peer, String peerName, SocketChannel channel, Mailbox mailbox, BufferPool pool) {
        this.self = self;
        this.peer = peer;
        this.peerName = peerName;
        this.channel = channel;
        this.mailbox = mailbox;
        this.pool = pool;
        this.writer =
                Thread.ofPlatform().daemon().name("send-" + self + "-" + peer).start(this::write);
        Thread.ofPlatform().daemon().name("receive-" + self + "-" + peer).start(this::read);
    }

    void send(MessageTag tag, Buffer payload) {
        outgoing.add(new Outgoing.Message(tag, payload));
    }

    /** Leaves word why this rank ends; whoever closes the connection sends it on its way. */
    void fail(String why, String help) {
        outgoing.add(new Outgoing.Failure(why, help));
    }

    /** Lets everything queued go out, says goodbye, and closes. */
    void close(long waitMillis) {
        outgoing.add(new Outgoing.End());
        try {
            writer.join(Math.max(1, waitMillis));
            channel.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // The peer is gone already, which is no loss at the end.
        }
    }

    private void write() {
        try {
            while (true) {
                switch (outgoing.take()) {
                    case Outgoing.Message message -> writeMessage(message);
                    case Outgoing.Failure failure -> {
                        writeFully(new Frame.Failure(failure.why(), failure.help()).encoded());
                        channel.shutdownOutput();
                        return;
                    }
                    case Outgoing.End end -> {
                        writeFully(ByteBuffer.wrap(new byte[] {Frame.BYE}));
                        channel.shutdownOutput();
                        return;
                    }
                }
            }
        } catch (IOException e) {
            mailbox.lose(peer, gone(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeMessage(Outgoing.Message message) throws IOException {
        MemorySegment bytes = message.payload().bytes();
        ByteBuffer first = bytes.asSlice(0, Math.min(SLICE, bytes.byteSize())).asByteBuffer();
        ByteBuffer[] head = {new Frame(message.tag(), bytes.byteSize()).encoded(), first};
        while (head[0].hasRemaining() || head[1].hasRemaining()) {
            channel.write(head);
        }
        for (long done = SLICE; done < bytes.byteSize(); done += SLICE) {
            writeFully(bytes.asSlice(done, Math.min(SLICE, bytes.byteSize() - done))
                    .asByteBuffer());
        }
        message.payload().release();
    }

    private void writeFully(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private void read() {
        try {
            ByteBuffer marker = ByteBuffer.allocate(1);
            while (true) {
                byte kind = Frame.readFully(channel, marker.clear()).get();
                if (kind == Frame.BYE) {
                    mailbox.lose(peer, ended());
                    return;
                }
                if (kind == Frame.FAILED) {
                    mailbox.stop(Frame.Failure.decode(channel).exception());
                    return;
                }
                if (kind != Frame.DATA) {
                    throw new IOException("damaged frame");
                }
                Frame frame = Frame.decode(channel);
                Buffer payload = pool.take(frame.size());
                readPayload(payload.bytes());
                mailbox.put(peer, frame.tag(), payload);
            }
        } catch (IOException e) {
            // No goodbye: the rank died, and no other rank can get to the end without it.
            mailbox.stop(gone(e));
        }
    }

    private void readPayload(MemorySegment into) throws IOException {
        for (long done = 0; done < into.byteSize(); done += SLICE) {
            Frame.readFully(
                    channel,
                    into.asSlice(done, Math.min(SLICE, into.byteSize() - done)).asByteBuffer());
        }
    }

    private TransportException gone(IOException cause) {
        return new TransportException(
                TransportException.Kind.PEER_LOST,
                "rank " + self + " lost " + peerName + ": " + cause.getMessage(),
                "look at what " + peerName + " printed last; run again to resume from the last checkpoint",
                cause);
    }

    private TransportException ended() {
        return new TransportException(
                TransportException.Kind.PROTOCOL,
                "rank " + peer + " has ended, but rank " + self + " still expects a message from it",
                "the ranks' programs disagree; this is a bug of the plan, please report it");
    }
}
