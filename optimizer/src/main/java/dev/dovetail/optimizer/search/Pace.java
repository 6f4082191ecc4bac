package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.Cluster;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How fast devices of each kind of node are at layers, relative to the fastest for each layer: at most.
 *
 * @param kinds by kind of node, from 0 to 1
 */
record Pace(List<Double> kinds) {
    static final Pace ALIKE = new Pace(List.of(1.0));

    /**
     * @param fastest by kind of layer
     * @param here by kind of node, the same there
     */
    static Pace of(LayerFigures[] fastest, List<LayerFigures[]> here) {
        return new Pace(here.stream().map(figures -> of(fastest, figures)).toList());
    }

    private static double of(LayerFigures[] fastest, LayerFigures[] here) {
        return IntStream.range(0, here.length)
                .filter(kind -> work(here[kind]) > 0)
                .mapToDouble(kind -> work(fastest[kind]) / work(here[kind]))
                .max()
                .orElse(1);
    }

    private static double work(LayerFigures layer) {
        return layer.forward().total() + layer.gradientPasses().total();
    }

    /** All devices of a cluster together. */
    double all(Cluster cluster) {
        return IntStream.range(0, kinds.size())
                .mapToDouble(kind -> kinds.get(kind) * devices(cluster, kind))
                .sum();
    }

    private static int devices(Cluster cluster, int kind) {
        var group = cluster.groups().get(kind);
        return group.count() * group.node().devices();
    }

    /**
     * All stages together.
     *
     * @param nodes by stage, its kind, from 1; empty where all are alike, or it is open: then as fast as there is room
     * @param ranks of each stage
     */
    double together(List<Integer> nodes, int stages, int ranks, Cluster cluster) {
        if (!nodes.isEmpty()) {
            return nodes.stream().mapToDouble(kind -> kinds.get(kind - 1)).sum();
        }
        if (kinds.size() == 1) {
            return stages;
        }
        List<Integer> fastestFirst = IntStream.range(0, kinds.size())
                .boxed()
                .sorted(Comparator.comparing(kind -> -kinds.get(kind)))
                .toList();
        double sum = 0;
        int left = stages;
        for (int kind : fastestFirst) {
            int here = Math.min(left, devices(cluster, kind) / ranks);
            sum += here * kinds.get(kind);
            left -= here;
        }
        return sum + left;
    }

    /**
     * All stages together, if each waits for the first micro-batch to pass those before it. With x(s) the time that stage s works,
     * {@code first · (x(0) + … + x(s-1)) + x(s)} is at most the step, for every s; the dual of the linear program that makes the
     * most of it is solved from the last stage on.
     *
     * @param first share of a stage's time until the first micro-batch leaves it
     */
    double waiting(List<Integer> nodes, double first) {
        double[] worth = new double[nodes.size()];
        double behind = 0;
        for (int stage = nodes.size() - 1; stage >= 0; stage--) {
            worth[stage] = Math.max(0, kinds.get(nodes.get(stage) - 1) - first * behind);
            behind += worth[stage];
        }
        return Arrays.stream(worth).sum();
    }
}
