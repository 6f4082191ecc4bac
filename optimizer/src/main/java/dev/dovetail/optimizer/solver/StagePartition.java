package dev.dovetail.optimizer.solver;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.lower.Kept;
import dev.dovetail.optimizer.lower.Live;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Cuts a chain of unequal layers into stages so that the slowest stage is as fast as it can be and every stage fits its
 * memory: a dynamic program over (layers placed, stages used), exact in layers² · stages steps, where a constraint solver
 * would need a variable for each layer and stage.
 */
public final class StagePartition {
    private StagePartition() {}

    /**
     * One layer.
     *
     * @param state bytes it keeps whatever the stage
     * @param saved of each micro-batch alive
     */
    public record Layer(Seconds time, Bytes state, Kept saved) {}

    /**
     * @param sizes layers on each stage, at least one
     * @param slowest time of the slowest stage; where time was asked for, the least there is
     */
    public record Partition(List<Integer> sizes, Seconds slowest) {
        public Partition {
            sizes = List.copyOf(sizes);
        }
    }

    /**
     * @param live micro-batches alive on each stage; one entry a stage
     * @param capacity bytes of each stage
     * @return empty where no cut fits
     */
    public static Optional<Partition> solve(List<Layer> layers, List<Live> live, Bytes capacity) {
        return new Cuts(layers, live, capacity, new long[live.size()], false).best();
    }

    /**
     * The cut whose fullest stage takes least; empty where there are fewer layers than stages.
     *
     * @param taken by stage: bytes beside those of its layers
     */
    public static Optional<Partition> leanest(List<Layer> layers, List<Live> live, long[] taken) {
        return new Cuts(layers, live, Bytes.of(Long.MAX_VALUE), taken, true).best();
    }

    /** For so many stages and layers placed: the worst stage of the best cut, and where its last stage begins. */
    private static final class Cuts {
        private final List<Layer> layers;
        private final List<Live> live;
        private final Bytes capacity;
        private final long[] taken;
        private final boolean byBytes;
        private final double[][] worst;
        private final int[][] cut;

        Cuts(List<Layer> layers, List<Live> live, Bytes capacity, long[] taken, boolean byBytes) {
            this.layers = layers;
            this.live = live;
            this.capacity = capacity;
            this.taken = taken;
            this.byBytes = byBytes;
            this.worst = new double[live.size() + 1][layers.size() + 1];
            this.cut = new int[live.size() + 1][layers.size() + 1];
        }

        Optional<Partition> best() {
            int stages = live.size();
            for (double[] row : worst) {
                Arrays.fill(row, Double.POSITIVE_INFINITY);
            }
            worst[0][0] = 0;
            for (int stage = 1; stage <= stages; stage++) {
                for (int end = stage; end <= layers.size(); end++) {
                    place(stage, end);
                }
            }
            double best = worst[stages][layers.size()];
            return Double.isInfinite(best) ? Optional.empty() : Optional.of(partition());
        }

        /** The best last cut before {@code end}, with the layers after it on {@code stage}; later cuts win ties. */
        private void place(int stage, int end) {
            double time = 0;
            long bytes = taken[stage - 1];
            for (int start = end - 1; start >= stage - 1; start--) {
                Layer layer = layers.get(start);
                time += layer.time().value();
                bytes += layer.state().count() + layer.saved().of(live.get(stage - 1));
                double own = byBytes ? bytes : time;
                if (bytes > capacity.count() || own >= worst[stage][end]) {
                    return;
                }
                double reached = Math.max(worst[stage - 1][start], own);
                if (reached < worst[stage][end]) {
                    worst[stage][end] = reached;
                    cut[stage][end] = start;
                }
            }
        }

        private Partition partition() {
            List<Integer> sizes = sizes(cut, live.size(), layers.size());
            double slowest = 0;
            int layer = 0;
            for (int size : sizes) {
                double time = 0;
                for (int i = 0; i < size; i++) {
                    time += layers.get(layer++).time().value();
                }
                slowest = Math.max(slowest, time);
            }
            return new Partition(sizes, Seconds.of(slowest));
        }
    }

    private static List<Integer> sizes(int[][] cut, int stages, int layers) {
        var sizes = new ArrayList<Integer>();
        int end = layers;
        for (int stage = stages; stage > 0; stage--) {
            sizes.add(end - cut[stage][end]);
            end = cut[stage][end];
        }
        return sizes.reversed();
    }
}
