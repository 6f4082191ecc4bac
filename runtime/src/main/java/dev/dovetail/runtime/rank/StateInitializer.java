package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.random.RandomStream;
import java.lang.foreign.MemorySegment;

/** Gives a shard the values that the global tensor has there, whatever the split. */
public final class StateInitializer {
    private final long seed;

    public StateInitializer(long seed) {
        this.seed = seed;
    }

    /** Fills the shard's place in {@code memory}. */
    public void fill(StateShard shard, RankMemory memory) {
        if (shard.count() > 0) {
            memory.edit(shard.offset(), shard.bytes(), values -> fill(shard.movedTo(0), values));
        }
    }

    /** Fills the shard's place in {@code memory}. */
    public void fill(StateShard shard, MemorySegment memory) {
        RandomStream.Sink sink = writer(shard, memory);
        switch (shard.initial()) {
            case Initial.Constant constant -> {
                for (long i = 0; i < shard.count(); i++) {
                    sink.accept(i, constant.value());
                }
            }
            case Initial.Normal normal -> {
                RandomStream stream = stream(shard);
                double deviation = normal.standardDeviation();
                BoxRuns.visit(
                        shard,
                        (global, held, length) ->
                                stream.normals(global, length, (i, value) -> sink.accept(held + i, deviation * value)));
            }
            case Initial.Grid grid -> {
                long width = shard.shape().getLast();
                BoxRuns.visit(shard, (global, held, length) -> {
                    for (long i = 0; i < length; i++) {
                        long at = global + i;
                        sink.accept(held + i, grid.wave(at / width, (int) (at % width), (int) width));
                    }
                });
            }
            case Initial.Uniform uniform -> {
                RandomStream stream = stream(shard);
                BoxRuns.visit(shard, (global, held, length) -> {
                    for (long i = 0; i < length; i++) {
                        sink.accept(held + i, uniform.bound() * (2 * stream.uniform(global + i) - 1));
                    }
                });
            }
        }
    }

    private RandomStream stream(StateShard shard) {
        return new RandomStream(seed, "initial/" + shard.tensor());
    }

    private static RandomStream.Sink writer(StateShard shard, MemorySegment memory) {
        ElementType type = shard.type();
        if (type == ElementType.I32) {
            throw new IllegalArgumentException(
                    shard.tensor() + ": state is " + ElementType.F32 + " or " + ElementType.F64 + ", never integers");
        }
        MemorySegment place = memory.asSlice(shard.offset());
        return (i, value) -> type.put(place, i, value);
    }
}
