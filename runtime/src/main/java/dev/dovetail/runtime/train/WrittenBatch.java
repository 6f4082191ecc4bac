package dev.dovetail.runtime.train;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What a step is given, written down before it asks: on the heap, to be copied into a rank's memory. */
final class WrittenBatch {
    private final Map<Place, List<Piece>> pieces = new HashMap<>();

    private record Place(Given given, int ahead, int microbatch, ElementType type) {}

    private record Piece(long offset, MemorySegment bytes) {}

    void add(StepInputs.Batch batch, Given given, int ahead, int microbatch, ElementType type) {
        var page = new Page();
        batch.loadAhead(given, ahead, microbatch, type, page, 0);
        pieces.put(new Place(given, ahead, microbatch, type), page.pieces);
    }

    /** Whether it was there. */
    boolean copy(Given given, int ahead, int microbatch, ElementType type, RankMemory memory, long offset) {
        List<Piece> written = pieces.get(new Place(given, ahead, microbatch, type));
        if (written == null) {
            return false;
        }
        for (Piece piece : written) {
            memory.edit(offset + piece.offset(), piece.bytes().byteSize(), target -> target.copyFrom(piece.bytes()));
        }
        return true;
    }

    /** Takes down what is written to a rank's memory; nothing can be read from it. */
    private static final class Page implements RankMemory {
        private final List<Piece> pieces = new ArrayList<>();

        @Override
        public void edit(long offset, long bytes, Consumer<MemorySegment> writer) {
            // Longs are aligned for every element type.
            long[] words = new long[Math.toIntExact(Math.ceilDiv(bytes, Long.BYTES))];
            MemorySegment target = MemorySegment.ofArray(words).asSlice(0, bytes);
            writer.accept(target);
            pieces.add(new Piece(offset, target));
        }

        @Override
        public void write(long offset, MemorySegment source) {
            edit(offset, source.byteSize(), target -> target.copyFrom(source));
        }

        @Override
        public void zero(long offset, long bytes) {
            edit(offset, bytes, target -> target.fill((byte) 0));
        }

        @Override
        public long byteSize() {
            return Long.MAX_VALUE;
        }

        @Override
        public void read(long offset, MemorySegment target) {
            throw unreadable();
        }

        @Override
        public void copy(long from, long to, long bytes) {
            throw unreadable();
        }

        @Override
        public MemorySegment view(long offset, long bytes) {
            throw unreadable();
        }

        private static UnsupportedOperationException unreadable() {
            return new UnsupportedOperationException("a batch is written, not read");
        }

        @Override
        public void finish() {}

        @Override
        public void close() {}
    }
}
