package dev.dovetail.runtime.transport;

import dev.dovetail.runtime.mesh.Axis;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * The bytes before a payload on a socket.
 *
 * <p>{@code [marker 1][exchange 1][axis length 1][number 8][payload size 8][axis]}, big-endian. A marker of {@link #BYE}
 * has nothing after it and says that an end was meant; one of {@link #FAILED} is a {@link Failure}.
 */
record Frame(MessageTag tag, long size) {
    static final byte DATA = 0x44;
    static final byte BYE = 0x42;
    static final byte FAILED = 0x46;
    private static final int FIXED = 19;
    private static final int MOST_TEXT = 1 << 20;
    private static final Exchange[] EXCHANGES = Exchange.values();

    /** Why a rank ends before its time: {@code [marker 1][length 4][why][length 4][help]}. */
    record Failure(String why, String help) {
        ByteBuffer encoded() {
            byte[] first = why.getBytes(StandardCharsets.UTF_8);
            byte[] second = help.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(1 + 2 * Integer.BYTES + first.length + second.length)
                    .put(FAILED)
                    .putInt(first.length)
                    .put(first)
                    .putInt(second.length)
                    .put(second)
                    .flip();
        }

        /** What follows the marker. */
        static Failure decode(ReadableByteChannel channel) throws IOException {
            return new Failure(text(channel), text(channel));
        }

        private static String text(ReadableByteChannel channel) throws IOException {
            int length = readFully(channel, ByteBuffer.allocate(Integer.BYTES)).getInt();
            if (length < 0 || length > MOST_TEXT) {
                throw new IOException("damaged frame");
            }
            return StandardCharsets.UTF_8
                    .decode(readFully(channel, ByteBuffer.allocate(length)))
                    .toString();
        }

        TransportException exception() {
            return new TransportException(TransportException.Kind.STOPPED, why, help);
        }
    }

    static int bytes(MessageTag tag) {
        return FIXED + tag.axis().name().getBytes(StandardCharsets.UTF_8).length;
    }

    ByteBuffer encoded() {
        byte[] axis = tag.axis().name().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(FIXED + axis.length)
                .put(DATA)
                .put((byte) tag.exchange().ordinal())
                .put((byte) axis.length)
                .putLong(tag.number())
                .putLong(size)
                .put(axis)
                .flip();
    }

    /** The next frame; {@code marker} was read already. */
    static Frame decode(ReadableByteChannel channel) throws IOException {
        ByteBuffer fixed = readFully(channel, ByteBuffer.allocate(FIXED - 1));
        int exchange = fixed.get();
        ByteBuffer axis = ByteBuffer.allocate(fixed.get());
        long number = fixed.getLong();
        long size = fixed.getLong();
        readFully(channel, axis);
        if (exchange < 0 || exchange >= EXCHANGES.length || size < 0) {
            throw new IOException("damaged frame");
        }
        String name = StandardCharsets.UTF_8.decode(axis).toString();
        return new Frame(new MessageTag(new Axis(name), EXCHANGES[exchange], number), size);
    }

    static ByteBuffer readFully(ReadableByteChannel channel, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into) < 0) {
                throw new EOFException("the connection ended");
            }
        }
        return into.flip();
    }
}
