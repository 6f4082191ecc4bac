package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.memory.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Tensors that lie flat, one after the other, in blocks: one block for each kind of value that is kept of them. Of each block
 * this rank keeps one chunk, all of it or its share.
 */
public final class StateBlock {
    private final List<StateShard> state;
    private final String layer;
    private final List<Chunk> chunks = new ArrayList<>();

    private record Chunk(StateKind kind, ElementType type, long first, long elements, long offset) {}

    /**
     * @param state where the parts go that this rank keeps
     * @param layer what the tensors' names begin with
     */
    public StateBlock(List<StateShard> state, String layer) {
        this.state = state;
        this.layer = layer;
    }

    /**
     * Keeps these values of the tensors that follow.
     *
     * @param first where the chunk starts in the block, in elements
     * @param elements of the chunk
     * @param offset where the chunk is, in bytes into the arena
     */
    public StateBlock keep(StateKind kind, ElementType type, long first, long elements, long offset) {
        chunks.add(new Chunk(kind, type, first, elements, offset));
        return this;
    }

    /**
     * A tensor of which all lies in the block.
     *
     * @param at where it starts in the block, in elements
     * @param initial its weights before the first step; moments begin at zero
     */
    public void add(String name, long at, Initial initial, long... shape) {
        add(name, at, initial, shape, new long[shape.length], shape);
    }

    /**
     * A tensor of which a box lies in the block, as tensor parallelism cuts it.
     *
     * @param at where the box starts in the block, in elements
     * @param initial its weights before the first step; moments begin at zero
     * @param start first index of the box in each dim
     * @param extent size of the box in each dim
     */
    public void add(String name, long at, Initial initial, long[] shape, long[] start, long[] extent) {
        List<Long> whole = list(shape);
        List<Long> from = list(start);
        List<Long> box = list(extent);
        for (Chunk chunk : chunks) {
            long begin = Math.max(at, chunk.first());
            long end = Math.min(at + StateShard.elements(box), chunk.first() + chunk.elements());
            boolean none = end <= begin;
            state.add(new StateShard(
                    layer + name,
                    chunk.kind(),
                    chunk.type(),
                    whole,
                    from,
                    box,
                    none ? 0 : begin - at,
                    none ? 0 : end - begin,
                    none
                            ? chunk.offset()
                            : chunk.offset()
                                    + (begin - chunk.first()) * chunk.type().bytes(),
                    chunk.kind().isMoment() ? Initial.zeros() : initial));
        }
    }

    private static List<Long> list(long[] values) {
        return LongStream.of(values).boxed().toList();
    }
}
