package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The checkpoints of several runs that adapted one model as that of the model with all of their low-rank updates side by side: run
 * i's {@code q.lora_a} is {@code q.lora_a.i}.
 */
public final class MixedAdapters {
    private static final String FACTOR = ".lora_";

    private MixedAdapters() {}

    /** @throws CheckpointException where the runs did not adapt one model, to the bit */
    public static Checkpoint of(List<Checkpoint> runs) {
        var joined = numbered(runs.getFirst(), 0);
        for (int i = 1; i < runs.size(); i++) {
            requireSameModel(runs.getFirst(), runs.get(i));
            joined = joined.joinedWith(numbered(runs.get(i), i));
        }
        return joined;
    }

    private static Checkpoint numbered(Checkpoint run, int index) {
        return run.read(
                piece -> Stream.of(isFactor(piece.tensor()) ? piece.named(piece.tensor() + "." + index) : piece));
    }

    private static boolean isFactor(String tensor) {
        return tensor.contains(FACTOR);
    }

    private static void requireSameModel(Checkpoint first, Checkpoint other) {
        var different = new ArrayList<String>();
        for (String tensor : first.tensors()) {
            if (!isFactor(tensor) && !isSame(tensor, first, other)) {
                different.add(tensor);
            }
        }
        if (!different.isEmpty()) {
            throw new CheckpointException(
                    "the runs in `" + first.folder() + "` and `" + other.folder() + "` did not adapt one model: `"
                            + different.getFirst() + "` differs",
                    "mix adapters that started from the same run");
        }
    }

    private static boolean isSame(String tensor, Checkpoint first, Checkpoint other) {
        if (!other.tensors().contains(tensor)
                || !first.shape(tensor, StateKind.WEIGHT).equals(other.shape(tensor, StateKind.WEIGHT))
                || first.type(tensor, StateKind.WEIGHT) != other.type(tensor, StateKind.WEIGHT)) {
            return false;
        }
        ElementType type = first.type(tensor, StateKind.WEIGHT);
        List<Long> shape = first.shape(tensor, StateKind.WEIGHT);
        StateShard whole = StateShard.whole(tensor, StateKind.WEIGHT, type, shape, 0, Initial.zeros());
        try (HostMemory one = HostMemory.of("a weight", whole.bytes());
                HostMemory two = HostMemory.of("the same weight", whole.bytes())) {
            first.restore(whole, one);
            other.restore(whole, two);
            return one.segment()
                            .asSlice(0, whole.bytes())
                            .mismatch(two.segment().asSlice(0, whole.bytes()))
                    < 0;
        }
    }
}
