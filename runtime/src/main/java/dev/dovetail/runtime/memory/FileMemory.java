package dev.dovetail.runtime.memory;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A rank's memory in a file of its own. It is read and written past the page cache where the file system lets it be, so that it
 * takes no memory but one buffer; whole pages at a time, as that asks.
 */
public final class FileMemory implements RankMemory {
    /** What it is read and written in; where it begins among a rank's addresses is a multiple. */
    static final int PAGE = 4096;

    /** Bytes that pass through memory at once. */
    private static final int PIECE = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    private final boolean direct;
    private final long bytes;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment piece = arena.allocate(PIECE, PAGE);
    private long read;
    private long written;

    private FileMemory(Path path, FileChannel channel, boolean direct, long bytes) {
        this.path = path;
        this.channel = channel;
        this.direct = direct;
        this.bytes = bytes;
    }

    /**
     * Zeroes, in a file at {@code path} that goes when it is closed.
     *
     * @throws FarMemoryException where its drive has no room for it
     */
    public static FileMemory of(Path path, long bytes) {
        requireRoom(path, bytes);
        try {
            var memory = new FileMemory(path, open(path, true), true, bytes);
            memory.reserve();
            return memory;
        } catch (UnsupportedOperationException | IOException refused) {
            return buffered(path, bytes);
        }
    }

    /** Files are written page by page as a run goes on: what cannot be written then is found out here. */
    private static void requireRoom(Path path, long bytes) {
        try {
            long free = Files.getFileStore(path.toAbsolutePath().getParent()).getUsableSpace();
            if (free < bytes) {
                throw FarMemoryException.noRoom(path, bytes, free);
            }
        } catch (IOException e) {
            throw FarMemoryException.of(path, e);
        }
    }

    /** Some file systems, such as those in memory, know no way past the page cache. */
    private static FileMemory buffered(Path path, long bytes) {
        try {
            var memory = new FileMemory(path, open(path, false), false, bytes);
            memory.reserve();
            return memory;
        } catch (IOException e) {
            throw FarMemoryException.of(path, e);
        }
    }

    private static FileChannel open(Path path, boolean direct) throws IOException {
        Set<OpenOption> options = new HashSet<>(Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.DELETE_ON_CLOSE));
        if (direct) {
            options.add(ExtendedOpenOption.DIRECT);
        }
        return FileChannel.open(path, options);
    }

    /** The last page makes the file as long as it will be; what was never written is zero. */
    private void reserve() throws IOException {
        long pages = Math.max(1, Math.ceilDiv(bytes, PAGE));
        piece.asSlice(0, PAGE).fill((byte) 0);
        transfer((pages - 1) * PAGE, PAGE, true);
    }

    /** Whether nothing of it is kept in memory by the system. */
    public boolean isDirect() {
        return direct;
    }

    /** Bytes asked for so far; a file gives whole pages. */
    public long bytesRead() {
        return read;
    }

    /** Bytes put there so far. */
    public long bytesWritten() {
        return written;
    }

    @Override
    public long byteSize() {
        return bytes;
    }

    @Override
    public void read(long offset, MemorySegment target) {
        forPieces(offset, target.byteSize(), (at, first, from, count) -> {
            transfer(at, pages(from + count), false);
            MemorySegment.copy(piece, from, target, first, count);
        });
        read += target.byteSize();
    }

    @Override
    public void write(long offset, MemorySegment source) {
        forPieces(offset, source.byteSize(), (at, first, from, count) -> {
            long whole = pages(from + count);
            if (from > 0 || count < whole) {
                transfer(at, whole, false);
            }
            MemorySegment.copy(source, first, piece, from, count);
            transfer(at, whole, true);
        });
        written += source.byteSize();
    }

    /** A stretch of whole pages, of which {@code count} bytes from {@code from} on are asked for. */
    private interface Step {
        void take(long at, long first, long from, long count) throws IOException;
    }

    private void forPieces(long offset, long count, Step step) {
        if (offset < 0 || offset + count > pages(bytes)) {
            throw new IllegalArgumentException(
                    "bytes " + offset + " to " + (offset + count) + " leave a file of " + bytes);
        }
        try {
            for (long done = 0; done < count; ) {
                long at = (offset + done) / PAGE * PAGE;
                long from = offset + done - at;
                long now = Math.min(count - done, PIECE - from);
                step.take(at, done, from, now);
                done += now;
            }
        } catch (IOException e) {
            throw FarMemoryException.of(path, e);
        }
    }

    private static long pages(long bytes) {
        return Math.ceilDiv(bytes, PAGE) * PAGE;
    }

    private void transfer(long at, long count, boolean writes) throws IOException {
        ByteBuffer buffer = piece.asSlice(0, count).asByteBuffer();
        long place = at;
        while (buffer.hasRemaining()) {
            int moved = writes ? channel.write(buffer, place) : channel.read(buffer, place);
            if (moved < 0) {
                throw new IOException("the file ends at " + place);
            }
            place += moved;
        }
    }

    @Override
    public void copy(long from, long to, long count) {
        write(to, view(from, count));
    }

    @Override
    public void zero(long offset, long count) {
        edit(offset, count, target -> target.fill((byte) 0));
    }

    @Override
    public MemorySegment view(long offset, long count) {
        MemorySegment copy =
                Arena.ofAuto().allocate(Math.max(1, count), Long.BYTES).asSlice(0, count);
        read(offset, copy);
        return copy;
    }

    @Override
    public void edit(long offset, long count, Consumer<MemorySegment> writer) {
        MemorySegment copy =
                Arena.ofAuto().allocate(Math.max(1, count), Long.BYTES).asSlice(0, count);
        writer.accept(copy);
        write(offset, copy);
    }

    /** Waits until the drive has all that was written. */
    public void force() {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw FarMemoryException.of(path, e);
        }
    }

    /** Nothing: what is asked of a file is done when the call returns. */
    @Override
    public void finish() {}

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw FarMemoryException.of(path, e);
        } finally {
            arena.close();
        }
    }
}
