package dev.dovetail.optimizer.search;

import java.util.Arrays;
import java.util.List;

/**
 * How much longer than on the fastest nodes a micro-batch takes through layers, some of which must stand on others: in the time of
 * a step, stages on the fastest nodes hold but so many. Seconds.
 *
 * @param nodes by stage, its kind of node, from 1; empty where all are alike, and nothing takes longer
 * @param begun by stage and kind of node: stages before it that run on such nodes
 * @param work by kind of node: of the layer that takes least of a stage's time in a step
 * @param longer by kind of node: what a layer's passes take longer at least
 */
record SlowNodes(List<Integer> nodes, int[][] begun, double[] work, Longer[] longer) {

    /** Of one micro-batch. */
    record Longer(double forward, double backward) {
        static final Longer NOTHING = new Longer(0, 0);

        double both() {
            return forward + backward;
        }
    }

    /** @param fastest by kind of layer */
    static SlowNodes of(ByStage<LayerFigures[]> figures, LayerFigures[] fastest, int microbatches) {
        int kinds = figures.kinds().size();
        double[] work = new double[kinds];
        Longer[] longer = new Longer[kinds];
        for (int node = 0; node < kinds; node++) {
            double least = Double.POSITIVE_INFINITY;
            double forward = Double.POSITIVE_INFINITY;
            double backward = Double.POSITIVE_INFINITY;
            for (int kind = 1; kind < fastest.length - 1; kind++) {
                LayerFigures here = figures.kinds().get(node)[kind];
                least = Math.min(
                        least,
                        microbatches
                                * (here.forward().total()
                                        + here.gradientPasses().total()));
                forward = Math.min(
                        forward,
                        here.forward().total() - fastest[kind].forward().total());
                backward = Math.min(
                        backward,
                        here.backward().total() - fastest[kind].backward().total());
            }
            work[node] = least;
            longer[node] = new Longer(forward, backward);
        }
        if (!giveAndTake(figures, microbatches)) {
            Arrays.fill(longer, Longer.NOTHING);
        }
        return new SlowNodes(figures.nodes(), begun(figures.nodes(), kinds), work, longer);
    }

    private static int[][] begun(List<Integer> nodes, int kinds) {
        int[][] begun = new int[nodes.size() + 1][kinds];
        for (int stage = 0; stage < nodes.size(); stage++) {
            begun[stage + 1] = begun[stage].clone();
            begun[stage + 1][nodes.get(stage) - 1]++;
        }
        return begun;
    }

    /**
     * Whether a stage that gives its first layer to one before gains more time than a micro-batch takes longer to arrive: only then
     * do stages that each take as many layers as they can reach furthest.
     */
    private static boolean giveAndTake(ByStage<LayerFigures[]> figures, int microbatches) {
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (LayerFigures[] here : figures.kinds()) {
            for (int kind = 1; kind < here.length - 1; kind++) {
                double way =
                        here[kind].forward().total() + here[kind].backward().total();
                least = Math.min(least, way);
                most = Math.max(most, way);
            }
        }
        return microbatches * least >= most;
    }

    /**
     * Of so many layers on the stages before {@code stage}, in a step of {@code seconds}: the fastest hold as many as they can, the
     * next the rest.
     */
    Longer before(int stage, int layers, double seconds) {
        if (nodes.isEmpty()) {
            return Longer.NOTHING;
        }
        double[] room = new double[work.length];
        for (int node = 0; node < room.length; node++) {
            room[node] = begun[stage][node] * Math.floor(seconds / work[node] * (1 + 1e-9));
        }
        return new Longer(least(room, layers, true), least(room, layers, false));
    }

    private double least(double[] room, double layers, boolean forward) {
        double sum = 0;
        double left = layers;
        double begun = -1;
        while (left > 0) {
            int next = next(begun, forward);
            if (next < 0) {
                return sum;
            }
            begun = of(next, forward);
            for (int node = 0; node < room.length; node++) {
                if (of(node, forward) == begun) {
                    double taken = Math.min(left, room[node]);
                    sum += taken * begun;
                    left -= taken;
                }
            }
        }
        return sum;
    }

    /** The node that takes least longer of those that take more than {@code beyond}; -1 where none does. */
    private int next(double beyond, boolean forward) {
        int next = -1;
        for (int node = 0; node < work.length; node++) {
            if (of(node, forward) > beyond && (next < 0 || of(node, forward) < of(next, forward))) {
                next = node;
            }
        }
        return next;
    }

    private double of(int node, boolean forward) {
        return forward ? longer[node].forward() : longer[node].backward();
    }
}
