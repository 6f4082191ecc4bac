package dev.dovetail.optimizer.solver;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
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
     * @param saved bytes of each micro-batch alive
     */
    public record Layer(Seconds time, Bytes state, Bytes saved) {}

    /**
     * @param sizes layers on each stage, at least one
     * @param slowest time of the slowest stage: the least there is
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
    public static Optional<Partition> solve(List<Layer> layers, List<Integer> live, Bytes capacity) {
        int stages = live.size();
        double[][] slowest = new double[stages + 1][layers.size() + 1];
        int[][] cut = new int[stages + 1][layers.size() + 1];
        for (double[] row : slowest) {
            Arrays.fill(row, Double.POSITIVE_INFINITY);
        }
        slowest[0][0] = 0;
        for (int stage = 1; stage <= stages; stage++) {
            for (int end = stage; end <= layers.size(); end++) {
                place(layers, live.get(stage - 1), capacity, slowest, cut, stage, end);
            }
        }
        double best = slowest[stages][layers.size()];
        return Double.isInfinite(best)
                ? Optional.empty()
                : Optional.of(new Partition(sizes(cut, stages, layers.size()), Seconds.of(best)));
    }

    /** The best last cut before {@code end}, with the layers after it on {@code stage}; later cuts win ties. */
    private static void place(
            List<Layer> layers, int live, Bytes capacity, double[][] slowest, int[][] cut, int stage, int end) {
        double time = 0;
        long bytes = 0;
        for (int start = end - 1; start >= stage - 1; start--) {
            Layer layer = layers.get(start);
            time += layer.time().value();
            bytes += layer.state().count() + live * layer.saved().count();
            if (bytes > capacity.count()) {
                return;
            }
            double reached = Math.max(slowest[stage - 1][start], time);
            if (reached < slowest[stage][end]) {
                slowest[stage][end] = reached;
                cut[stage][end] = start;
            }
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
