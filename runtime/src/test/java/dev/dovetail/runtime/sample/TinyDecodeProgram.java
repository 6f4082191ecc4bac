package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import dev.dovetail.runtime.train.TinyProgram;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The decode form of {@link TinyProgram}: a bigram model needs no cache, only the last token. */
final class TinyDecodeProgram implements DecodeProgram {
    private static final long MATRIX = (long) TinyProgram.VOCABULARY * TinyProgram.WIDTH;

    @Override
    public long arenaBytes() {
        return 16 * MATRIX;
    }

    @Override
    public List<StateShard> state() {
        long vocabulary = TinyProgram.VOCABULARY;
        long width = TinyProgram.WIDTH;
        return List.of(
                weight("embed", List.of(vocabulary, width), 0), weight("head", List.of(width, vocabulary), 8 * MATRIX));
    }

    private static StateShard weight(String name, List<Long> shape, long offset) {
        return StateShard.whole(name, StateKind.WEIGHT, ElementType.F64, shape, offset, Initial.zeros());
    }

    @Override
    public Decoder open(RankContext context) {
        return new Bigram(context.hostMemory());
    }

    private record Bigram(MemorySegment memory) implements Decoder {
        @Override
        public int vocabulary() {
            return TinyProgram.VOCABULARY;
        }

        @Override
        public int contextLimit() {
            return 32;
        }

        @Override
        public void reset() {}

        @Override
        public void read(int[] tokens, double[] logits) {
            long row = 8L * tokens[tokens.length - 1] * TinyProgram.WIDTH;
            for (int v = 0; v < logits.length; v++) {
                logits[v] = 0;
                for (int k = 0; k < TinyProgram.WIDTH; k++) {
                    long at = 8 * (MATRIX + (long) k * TinyProgram.VOCABULARY + v);
                    logits[v] +=
                            memory.get(ValueLayout.JAVA_DOUBLE, row + 8L * k) * memory.get(ValueLayout.JAVA_DOUBLE, at);
                }
            }
        }
    }
}
