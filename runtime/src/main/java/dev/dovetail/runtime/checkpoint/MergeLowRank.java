package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.memory.Bf16;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Adds low-rank updates to the projections they belong to: W + alpha / rank · A · B, in a checkpoint of its own that holds the
 * weights of the model without adapters. The run it came from stays as it was.
 */
public final class MergeLowRank {
    private static final String FIRST = ".lora_a";
    private static final String SECOND = ".lora_b";

    private final Checkpoint from;
    private final double scale;

    /** @param scale alpha / rank of the job that wrote the checkpoint */
    public MergeLowRank(Checkpoint from, double scale) {
        this.from = from;
        this.scale = scale;
    }

    /** Writes the merged weights; returns how many projections were updated. */
    public int into(Path folder) {
        Map<String, StateShard> places = places();
        long bytes = places.values().stream()
                .mapToLong(shard -> shard.offset() + shard.bytes())
                .max()
                .orElse(0);
        try (HostMemory memory = HostMemory.of("merging `" + from.folder() + "`", bytes)) {
            places.values().forEach(shard -> from.restore(shard, memory));
            var updated = new TreeSet<String>();
            for (String name : places.keySet()) {
                if (name.endsWith(FIRST)) {
                    String projection = name.substring(0, name.length() - FIRST.length());
                    merge(places, projection, memory.segment());
                    updated.add(projection);
                }
            }
            write(folder, memory, places);
            return updated.size();
        }
    }

    /** Every weight, one behind the other. */
    private Map<String, StateShard> places() {
        var places = new LinkedHashMap<String, StateShard>();
        long offset = 0;
        for (String tensor : from.tensors()) {
            ElementType type = from.type(tensor, StateKind.WEIGHT);
            StateShard shard = StateShard.whole(
                    tensor, StateKind.WEIGHT, type, from.shape(tensor, StateKind.WEIGHT), offset, Initial.zeros());
            places.put(tensor, shard);
            // Each begins on a cache line, wherever the one before ends.
            offset += Math.ceilDiv(shard.bytes(), 64L) * 64;
        }
        return places;
    }

    /** The factors' shapes are [experts, inputs, rank] and [experts, rank, outputs], flat, with experts often 1. */
    private void merge(Map<String, StateShard> places, String projection, MemorySegment memory) {
        StateShard weight = places.get(projection);
        StateShard first = places.get(projection + FIRST);
        StateShard second = places.get(projection + SECOND);
        int rank = Math.toIntExact(first.shape().getLast());
        long factors = Math.multiplyExact(first.count(), second.count());
        int experts = Math.toIntExact(factors / weight.count() / rank / rank);
        int inputs = Math.toIntExact(first.count() / experts / rank);
        int outputs = Math.toIntExact(second.count() / experts / rank);
        for (int expert = 0; expert < experts; expert++) {
            for (int i = 0; i < inputs; i++) {
                for (int o = 0; o < outputs; o++) {
                    double sum = 0;
                    for (int r = 0; r < rank; r++) {
                        sum += value(memory, first, ((long) expert * inputs + i) * rank + r)
                                * value(memory, second, ((long) expert * rank + r) * outputs + o);
                    }
                    long at = ((long) expert * inputs + i) * outputs + o;
                    set(memory, weight, at, value(memory, weight, at) + scale * sum);
                }
            }
        }
    }

    private static double value(MemorySegment memory, StateShard shard, long element) {
        long at = shard.offset() + element * shard.type().bytes();
        return switch (shard.type()) {
            case F32 -> memory.get(ValueLayout.JAVA_FLOAT, at);
            case F64 -> memory.get(ValueLayout.JAVA_DOUBLE, at);
            case BF16 -> Bf16.value(memory.get(ValueLayout.JAVA_SHORT, at));
            case I32 -> throw new IllegalArgumentException(shard.tensor() + " holds integers");
        };
    }

    private static void set(MemorySegment memory, StateShard shard, long element, double value) {
        long at = shard.offset() + element * shard.type().bytes();
        switch (shard.type()) {
            case F32 -> memory.set(ValueLayout.JAVA_FLOAT, at, (float) value);
            case F64 -> memory.set(ValueLayout.JAVA_DOUBLE, at, value);
            case BF16 -> memory.set(ValueLayout.JAVA_SHORT, at, Bf16.bits((float) value));
            case I32 -> throw new IllegalArgumentException(shard.tensor() + " holds integers");
        }
    }

    private void write(Path folder, HostMemory memory, Map<String, StateShard> places) {
        List<StateShard> base = new ArrayList<>(places.values());
        base.removeIf(shard ->
                Set.of(FIRST, SECOND).stream().anyMatch(suffix -> shard.tensor().endsWith(suffix)));
        var store = new CheckpointStore(folder, 1);
        Manifest old = from.manifest();
        store.begin(old.step());
        Manifest.StateFile file = store.writeRank(old.step(), 0, base, memory);
        store.commit(new Manifest(
                Manifest.SCHEMA,
                "merged from " + old.job(),
                old.step(),
                old.seed(),
                old.dataPosition(),
                "",
                List.of(file)));
    }
}
