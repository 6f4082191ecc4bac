package dev.dovetail.runtime.train;

import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.transport.Buffer;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.MessageTag;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** What ranks tell rank 0 and what it answers: reports, verdicts, file lists. The same for threads and processes. */
final class ControlChannel {
    private final Transport transport;
    private final Traffic traffic;
    private long round;

    ControlChannel(Transport transport, Traffic traffic) {
        this.transport = transport;
        this.traffic = traffic;
    }

    boolean isFirst() {
        return transport.rank() == 0;
    }

    /** Every rank calls it with its own; rank 0 gets all of them in rank order, the others an empty list. */
    List<byte[]> gather(byte[] own) {
        MessageTag tag = nextTag();
        if (!isFirst()) {
            send(0, tag, own);
            return List.of();
        }
        List<byte[]> all = new ArrayList<>(List.of(own));
        for (int rank = 1; rank < transport.size(); rank++) {
            all.add(receive(rank, tag));
        }
        return all;
    }

    /** Every rank calls it; all get what rank 0 passed. */
    byte[] fromFirst(byte[] ofFirst) {
        MessageTag tag = nextTag();
        if (!isFirst()) {
            return receive(0, tag);
        }
        for (int rank = 1; rank < transport.size(); rank++) {
            send(rank, tag, ofFirst);
        }
        return ofFirst;
    }

    private MessageTag nextTag() {
        return new MessageTag(Axis.WORLD, Exchange.CONTROL, round++);
    }

    private void send(int to, MessageTag tag, byte[] bytes) {
        Buffer buffer = transport.take(bytes.length);
        MemorySegment.copy(bytes, 0, buffer.bytes(), ValueLayout.JAVA_BYTE, 0, bytes.length);
        traffic.sent(Axis.WORLD, Exchange.CONTROL, bytes.length, transport.framingBytes(tag));
        transport.send(to, tag, buffer);
    }

    private byte[] receive(int from, MessageTag tag) {
        Buffer buffer = transport.receive(from, tag);
        byte[] bytes = buffer.bytes().toArray(ValueLayout.JAVA_BYTE);
        buffer.release();
        return bytes;
    }
}
