package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.optimizer.lower.Kept;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The knapsack of a stage against every way to fill it, for two kinds of layer on one or two chunks. */
class LeastRecomputationTest {
    private static final int PROBLEMS = 300;
    private static final int LAYERS = 8;
    private static final List<Recompute> MODES = Recompute.SOLVED;

    private record Problem(List<LayerFigures[]> figures, int[][] counts, Live[] live, long capacity) {
        Optional<LeastRecomputation.Solution> solve() {
            return new LeastRecomputation(MODES, figures, 1000, 1, 1).solve(counts, live, capacity);
        }
    }

    private static LayerFigures layer(double backward, long saved, long scratch) {
        return new LayerFigures(
                new Work(1, 0, 0),
                new Work(backward, 0, 0),
                new Work(backward / 2, 0, 0),
                Work.NONE,
                Work.NONE,
                LayerFigures.StateMoves.NONE,
                Work.NONE,
                Work.NONE,
                new Kept(saved, saved / 3, (4_000 - saved) / 8),
                300,
                300,
                900,
                50,
                scratch);
    }

    /**
     * Embedding, two kinds of layer, head; what is kept shrinks from way to way, scratch memory does as it
     * likes, and less work is possible too: what is not kept need not be moved.
     */
    private static Problem problem(SplittableRandom random) {
        var figures = new ArrayList<LayerFigures[]>();
        double[] backward = {2, 2};
        long[] saved = {2_000 + random.nextInt(2_000), 2_000 + random.nextInt(2_000)};
        for (int mode = 0; mode < MODES.size(); mode++) {
            var kinds = new LayerFigures[4];
            kinds[0] = layer(0.5, 100, 70);
            kinds[3] = layer(3, 700, 400);
            for (int kind = 1; kind <= 2; kind++) {
                kinds[kind] = layer(backward[kind - 1], saved[kind - 1], random.nextInt(3_000));
                backward[kind - 1] += (random.nextInt(5) - 1) * 0.25;
                saved[kind - 1] -= random.nextLong(saved[kind - 1]);
            }
            figures.add(kinds);
        }
        int chunks = random.nextInt(1, 3);
        int[][] counts = new int[chunks][4];
        Live[] live = new Live[chunks];
        int left = LAYERS;
        for (int chunk = 0; chunk < chunks; chunk++) {
            int forward = random.nextInt(1, 4);
            int waiting = random.nextInt(3);
            live[chunk] = waiting == 0 ? Live.untilBackward(forward) : new Live(forward, forward + waiting, waiting);
            for (int kind = 1; kind <= 2; kind++) {
                counts[chunk][kind] = random.nextInt(0, Math.min(left, 4) + 1);
                left -= counts[chunk][kind];
            }
        }
        counts[0][0] = random.nextInt(2);
        counts[chunks - 1][3] = random.nextInt(2);
        return new Problem(figures, counts, live, 15_000 + random.nextInt(70_000));
    }

    @Test
    void doesTheLeastOfEveryWayToFit() {
        var random = new SplittableRandom(7);
        int mixed = 0;
        int none = 0;
        for (int i = 0; i < PROBLEMS; i++) {
            Problem problem = problem(random);
            double expected = leastOfAll(problem, new ArrayList<>(), slots(problem));
            Optional<LeastRecomputation.Solution> found = problem.solve();
            assertEquals(
                    expected, found.map(LeastRecomputation.Solution::seconds).orElse(Double.NaN), 1e-9, "problem " + i);
            mixed += expected != 0 && !Double.isNaN(expected) ? 1 : 0;
            none += Double.isNaN(expected) ? 1 : 0;
            found.ifPresent(solution -> assertTrue(bytes(problem, modesOf(problem, solution)) <= problem.capacity()));
        }
        assertTrue(mixed > PROBLEMS / 4, mixed + " problems need recomputation");
        assertTrue(none > 5, none + " problems have no way");
    }

    /** A chunk and a kind for every layer. */
    private static List<int[]> slots(Problem problem) {
        var slots = new ArrayList<int[]>();
        for (int chunk = 0; chunk < problem.counts().length; chunk++) {
            for (int kind = 1; kind <= 2; kind++) {
                for (int i = 0; i < problem.counts()[chunk][kind]; i++) {
                    slots.add(new int[] {chunk, kind});
                }
            }
        }
        return slots;
    }

    private static List<int[]> modesOf(Problem problem, LeastRecomputation.Solution solution) {
        var modes = new ArrayList<int[]>();
        for (int chunk = 0; chunk < problem.counts().length; chunk++) {
            for (int kind = 1; kind <= 2; kind++) {
                for (int mode = 0; mode < MODES.size(); mode++) {
                    for (int i = 0; i < solution.counts()[chunk][kind][mode]; i++) {
                        modes.add(new int[] {chunk, kind, mode});
                    }
                }
            }
        }
        return modes;
    }

    private static double leastOfAll(Problem problem, List<int[]> begun, List<int[]> slots) {
        if (begun.size() == slots.size()) {
            return bytes(problem, begun) > problem.capacity() ? Double.NaN : seconds(problem, begun);
        }
        double least = Double.NaN;
        int[] slot = slots.get(begun.size());
        for (int mode = 0; mode < MODES.size(); mode++) {
            var longer = new ArrayList<>(begun);
            longer.add(new int[] {slot[0], slot[1], mode});
            double here = leastOfAll(problem, longer, slots);
            least = Double.isNaN(least) || here < least ? here : least;
        }
        return least;
    }

    private static double seconds(Problem problem, List<int[]> layers) {
        double sum = 0;
        for (int[] layer : layers) {
            sum += problem.figures().get(layer[2])[layer[1]].gradientPasses().total()
                    - problem.figures().getFirst()[layer[1]].gradientPasses().total();
        }
        return sum;
    }

    /** State, two stream buffers, what is kept, and the most scratch of any pass; the head's may be used again. */
    private static long bytes(Problem problem, List<int[]> layers) {
        LayerFigures[] keeping = problem.figures().getFirst();
        long bytes = 2 * 1000;
        long freed = 0;
        long scratch = 0;
        for (int chunk = 0; chunk < problem.counts().length; chunk++) {
            bytes += (long) problem.counts()[chunk][0]
                    * (1500 + keeping[0].saved().of(problem.live()[chunk]));
            bytes += (long) problem.counts()[chunk][3]
                    * (1500 + keeping[3].saved().of(problem.live()[chunk]));
            freed += problem.counts()[chunk][3] * keeping[3].saved().byForward();
            scratch = Math.max(scratch, problem.counts()[chunk][0] * 70L);
            scratch = Math.max(scratch, problem.counts()[chunk][3] * 400L);
        }
        for (int[] layer : layers) {
            LayerFigures figures = problem.figures().get(layer[2])[layer[1]];
            bytes += 1500 + figures.saved().of(problem.live()[layer[0]]);
            scratch = Math.max(scratch, Math.max(50, figures.backwardScratch() - freed));
        }
        return bytes + scratch;
    }
}
