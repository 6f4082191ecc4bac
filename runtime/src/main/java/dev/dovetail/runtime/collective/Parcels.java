package dev.dovetail.runtime.collective;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.transport.Buffer;
import dev.dovetail.runtime.transport.Transport;

/** Parts of a rank's arena as messages: packed dense when they leave, put in their places when they come. */
record Parcels(RankMemory memory, Transport transport) {

    Buffer copyOut(long offset, long bytes) {
        Buffer buffer = transport.take(bytes);
        memory.read(offset, buffer.bytes());
        return buffer;
    }

    void copyIn(Buffer buffer, long offset) {
        memory.write(offset, buffer.bytes());
        buffer.release();
    }

    /** The part of {@code peer} in the buffer at {@code offset}, made dense. */
    Buffer pack(ElementType type, long offset, Chunks chunks, int peer) {
        Buffer buffer = transport.take(chunks.elements(peer) * type.bytes());
        long at = 0;
        for (long i = 0; i < chunks.outer(); i++) {
            long row = offset + i * chunks.total() * type.bytes();
            for (Chunks.Stretch stretch : chunks.stretches(peer)) {
                long width = stretch.count() * type.bytes();
                memory.read(row + stretch.start() * type.bytes(), buffer.bytes().asSlice(at, width));
                at += width;
            }
        }
        return buffer;
    }

    /** Puts the dense part of {@code peer} where it belongs in the buffer at {@code offset}. */
    void unpack(ElementType type, Buffer piece, long offset, Chunks chunks, int peer) {
        long at = 0;
        for (long i = 0; i < chunks.outer(); i++) {
            long row = offset + i * chunks.total() * type.bytes();
            for (Chunks.Stretch stretch : chunks.stretches(peer)) {
                long width = stretch.count() * type.bytes();
                memory.write(row + stretch.start() * type.bytes(), piece.bytes().asSlice(at, width));
                at += width;
            }
        }
        piece.release();
    }
}
