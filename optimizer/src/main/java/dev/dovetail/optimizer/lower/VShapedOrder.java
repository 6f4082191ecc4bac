package dev.dovetail.optimizer.lower;

import dev.dovetail.optimizer.lower.PipelineOrder.Kind;
import dev.dovetail.optimizer.lower.PipelineOrder.Step;
import dev.dovetail.optimizer.lower.PipelineOrder.Stretch;
import java.util.ArrayList;
import java.util.List;

/**
 * The passes of a rank that has two chunks of a V: ZB-V (Qi et al. 2024, arXiv:2405.15362, section 4, and 2401.10241) and DualPipe cut
 * in half (DeepSeek-AI 2024, arXiv:2412.19437, section 3.2.1; the half that needs each weight once is Sea AI Lab's).
 *
 * <p>Both are written for as many micro-batches as fill the pipeline; of fewer, those that are not there are left out, which
 * keeps every pass behind what it needs.
 */
final class VShapedOrder {
    private static final Pass F0 = new Pass(Kind.FORWARD, 0);
    private static final Pass F1 = new Pass(Kind.FORWARD, 1);
    private static final Pass B0 = new Pass(Kind.BACKWARD, 0);
    private static final Pass B1 = new Pass(Kind.BACKWARD, 1);
    private static final Pass W0 = new Pass(Kind.WEIGHT_GRADIENTS, 0);
    private static final Pass W1 = new Pass(Kind.WEIGHT_GRADIENTS, 1);

    /** The next of its kind over a chunk. */
    private record Pass(Kind kind, int chunk) {}

    private final int microbatches;
    private final List<Stretch> stretches = new ArrayList<>();
    private final int[][] begun = new int[Kind.values().length][2];

    private VShapedOrder(int microbatches) {
        this.microbatches = microbatches;
    }

    /** As much alive as 1F1B has on its first rank; no rank waits where passes of all kinds take equally long. */
    static List<Stretch> zeroBubble(int stages, int microbatches, int stage) {
        int filled = Math.max(microbatches, 2 * stages - 1);
        int behind = stages - stage;
        var order = new VShapedOrder(microbatches);
        order.turns("warmup", 2 * behind - 1, F0);
        order.turns("warmup", stage, F1, F0);
        order.turns("warmup", behind, F1, B1, W1);
        order.turns("steady", filled - stages, F0, B0, W0, F1, B1, W1);
        order.turns("drain", stage, B0, B1);
        order.turns("drain", behind, B0, W0);
        order.turns("rest", stage, W1);
        order.turns("rest", stage, W0);
        return order.stretches;
    }

    /** In the steady state each forward pass stands beside a backward pass of the other chunk, whose exchanges it can hide. */
    static List<Stretch> dualPipe(int stages, int microbatches, int stage) {
        int filled = Math.max(microbatches, 2 * stages);
        int behind = stages - stage - 1;
        var order = new VShapedOrder(microbatches);
        order.turns("warmup", 2 * behind, F0);
        order.turns("warmup", stage + 1, F0, F1);
        order.turns("warmup", behind, B1, W1, F1);
        order.turns("steady", filled - 2 * stages + stage + 1, F0, B1, W1, F1, B0, W0);
        order.turns("drain", behind, B1, W1, F1, B0, W0);
        order.drainPair(behind, stage);
        return order.stretches;
    }

    /** Of the last backward passes half put off gradients of weights, which later fill the gaps between others. */
    private void drainPair(int behind, int stage) {
        int whole = (stage + 1) / 2;
        boolean odd = stage % 2 == 1;
        turns("drain", whole, B1, W1, B0, W0);
        turns("drain", odd ? 0 : 1, B1, W1, B0);
        turns("drain", whole, B1, B0);
        Pass one = odd ? W1 : W0;
        Pass other = odd ? W0 : W1;
        int putOff = stage + 1;
        int early = Math.min(behind, putOff);
        turns("drain", early / 2, one, B0, other, B0);
        turns("drain", early % 2, one, B0);
        turns("drain", behind - early, W0, B0);
        Pass next = early % 2 == 0 ? one : other;
        turns("rest", (putOff - early) / 2, next, next.equals(one) ? other : one);
        turns("rest", (putOff - early) % 2, next);
        turns("rest", early, W0);
    }

    /** As many turns, each of which runs these passes: cut where a chunk runs out of micro-batches. A search asks this very often. */
    private void turns(String name, int turns, Pass... passes) {
        var steps = new Step[passes.length];
        for (int i = 0; i < passes.length; i++) {
            int before = alike(passes, i, i);
            int first = begun[passes[i].kind().ordinal()][passes[i].chunk()];
            steps[i] = new Step(passes[i].kind(), passes[i].chunk(), first + before, alike(passes, i, passes.length));
        }
        for (Pass pass : passes) {
            begun[pass.kind().ordinal()][pass.chunk()] += turns;
        }
        int to;
        for (int from = 0; from < turns; from = to) {
            to = turns;
            var left = new ArrayList<Step>(steps.length);
            for (Step step : steps) {
                int runs = turnsOf(step, turns);
                if (runs > from) {
                    left.add(step.after(from));
                }
                to = runs > from ? Math.min(to, runs) : to;
            }
            if (!left.isEmpty()) {
                stretches.add(new Stretch(name, to - from, left));
            }
        }
    }

    /** How many of the first passes are as pass {@code which}. */
    private static int alike(Pass[] passes, int which, int first) {
        int count = 0;
        for (int i = 0; i < first; i++) {
            count += passes[i].equals(passes[which]) ? 1 : 0;
        }
        return count;
    }

    /** Turns in which a step has a micro-batch to run. */
    private int turnsOf(Step step, int turns) {
        return Math.clamp(Math.ceilDiv(microbatches - step.first(), step.stride()), 0, turns);
    }
}
