package dev.dovetail.cli.parity;

import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.BoxRuns;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Global tensors put together from what the ranks hold. */
final class Tensors {
    private final Map<String, double[]> tensors = new TreeMap<>();

    private static String key(String tensor, StateKind kind) {
        return tensor + " " + kind;
    }

    /** Takes in one rank's state; ranks that hold the same part must agree on it to the last bit. */
    synchronized void add(List<StateShard> state, RankMemory memory) {
        state.forEach(shard -> add(shard, memory.view(shard.offset(), shard.bytes())));
    }

    private void add(StateShard shard, MemorySegment memory) {
        double[] whole = tensors.computeIfAbsent(key(shard.tensor(), shard.kind()), key -> {
            double[] empty = new double[Math.toIntExact(StateShard.elements(shard.shape()))];
            Arrays.fill(empty, Double.NaN);
            return empty;
        });
        BoxRuns.visit(shard, (global, held, length) -> {
            for (long i = 0; i < length; i++) {
                double value = read(shard, memory, held + i);
                int at = Math.toIntExact(global + i);
                if (!Double.isNaN(whole[at]) && whole[at] != value) {
                    throw new IllegalStateException(key(shard.tensor(), shard.kind()) + "[" + at
                            + "] differs between ranks: " + whole[at] + " and " + value);
                }
                whole[at] = value;
            }
        });
    }

    private static double read(StateShard shard, MemorySegment memory, long element) {
        return switch (shard.type()) {
            case F32 -> memory.get(ValueLayout.JAVA_FLOAT, 4 * element);
            case F64 -> memory.get(ValueLayout.JAVA_DOUBLE, 8 * element);
            // The upper half of a float.
            case BF16 -> Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT, 2 * element) << 16);
            case I32 -> memory.get(ValueLayout.JAVA_INT, 4 * element);
        };
    }

    /**
     * The largest relative Frobenius distance of any tensor; NaN where a part of one is missing.
     *
     * @param floor share of the norm of all tensors of a kind below which one is nothing but rounding: a key bias, say, has no
     *     gradient at all
     */
    double distance(Tensors reference, double floor) {
        if (!tensors.keySet().equals(reference.tensors.keySet())) {
            throw new IllegalStateException(tensors.keySet() + " instead of " + reference.tensors.keySet());
        }
        double most = 0;
        Map<String, Double> norms = reference.normsOfKinds();
        for (String name : tensors.keySet()) {
            double scale = Math.max(norm(reference.tensors.get(name)), floor * norms.get(kind(name)));
            double distance = difference(tensors.get(name), reference.tensors.get(name)) / scale;
            if (Double.isNaN(distance)) {
                return distance;
            }
            most = Math.max(most, distance);
        }
        return most;
    }

    private Map<String, Double> normsOfKinds() {
        var squares = new TreeMap<String, Double>();
        tensors.forEach((name, values) -> squares.merge(kind(name), norm(values) * norm(values), Double::sum));
        squares.replaceAll((kind, square) -> Math.sqrt(square));
        return squares;
    }

    private static String kind(String name) {
        return name.substring(name.lastIndexOf(' '));
    }

    private static double norm(double[] values) {
        return difference(values, new double[values.length]);
    }

    private static double difference(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < b.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return Math.sqrt(sum);
    }
}
