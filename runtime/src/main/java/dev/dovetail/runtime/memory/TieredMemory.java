package dev.dovetail.runtime.memory;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.Consumer;

/** An arena with slower memory behind its last address: one address space, of which kernels see the arena. */
public final class TieredMemory implements RankMemory {
    private final RankMemory near;
    private final long farStart;
    private final RankMemory far;

    /**
     * An arena with what its rank asks for beside it.
     *
     * @param file where drives are asked for; nothing is left of it
     */
    public static RankMemory of(RankMemory near, long arenaBytes, FarMemory far, String rank, Path file) {
        if (far.bytes() == 0) {
            return near;
        }
        long start = Math.ceilDiv(arenaBytes, FileMemory.PAGE) * FileMemory.PAGE;
        return new TieredMemory(
                near,
                start,
                switch (far.tier()) {
                    case HOST -> HostMemory.of(rank + " beside its arena", far.bytes());
                    case STORAGE -> FileMemory.of(file, far.bytes());
                });
    }

    /**
     * @param near the arena
     * @param farStart first address of {@code far}
     */
    private TieredMemory(RankMemory near, long farStart, RankMemory far) {
        this.near = near;
        this.farStart = farStart;
        this.far = far;
    }

    /** What lies beside the arena. */
    public RankMemory far() {
        return far;
    }

    /** The arena. */
    public RankMemory near() {
        return near;
    }

    private boolean isFar(long offset) {
        return offset >= farStart;
    }

    /** Of the arena. */
    @Override
    public long byteSize() {
        return near.byteSize();
    }

    @Override
    public void read(long offset, MemorySegment target) {
        if (isFar(offset)) {
            far.read(offset - farStart, target);
        } else {
            near.read(offset, target);
        }
    }

    @Override
    public void write(long offset, MemorySegment source) {
        if (isFar(offset)) {
            far.write(offset - farStart, source);
        } else {
            near.write(offset, source);
        }
    }

    @Override
    public void copy(long from, long to, long bytes) {
        if (!isFar(from) && !isFar(to)) {
            near.copy(from, to, bytes);
        } else if (isFar(to)) {
            far.write(to - farStart, view(from, bytes));
        } else {
            near.edit(to, bytes, target -> far.read(from - farStart, target));
        }
    }

    @Override
    public void zero(long offset, long bytes) {
        if (isFar(offset)) {
            far.zero(offset - farStart, bytes);
        } else {
            near.zero(offset, bytes);
        }
    }

    @Override
    public MemorySegment view(long offset, long bytes) {
        return isFar(offset) ? far.view(offset - farStart, bytes) : near.view(offset, bytes);
    }

    @Override
    public void edit(long offset, long bytes, Consumer<MemorySegment> writer) {
        if (isFar(offset)) {
            far.edit(offset - farStart, bytes, writer);
        } else {
            near.edit(offset, bytes, writer);
        }
    }

    @Override
    public void finish() {
        near.finish();
        far.finish();
    }

    @Override
    public void close() {
        near.close();
        far.close();
    }
}
