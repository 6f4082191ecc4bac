package dev.dovetail.optimizer.template;

import dev.dovetail.ir.plan.PipelineTemplates.Formation;
import dev.dovetail.ir.plan.PipelineTemplates.Pipeline;
import dev.dovetail.ir.plan.PipelineTemplates.Template;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Divides nodes into pipelines and micro-batches among them so that the slowest pipeline is done as early as can be.
 *
 * <p>Exact: whether a step of some length is long enough is a knapsack (nodes are shared out, micro-batches that fit into that length
 * are collected), and the least such length is one at which some template finishes some number of micro-batches.
 *
 * @param templates by nodes, ascending
 * @param pipelines at least
 * @param microbatches of the global batch
 */
record Formations(List<Template> templates, int pipelines, int microbatches) {
    private static final long IMPOSSIBLE = -1;

    Formations {
        templates = List.copyOf(templates);
    }

    /** Empty where {@code nodes} are no sum of enough templates, or there are fewer micro-batches than pipelines. */
    Optional<Formation> on(int nodes) {
        double[] ends = templates.stream()
                .flatMapToDouble(template -> IntStream.rangeClosed(1, microbatches)
                        .mapToDouble(count -> template.step(count).value()))
                .sorted()
                .distinct()
                .toArray();
        int low = 0;
        int high = ends.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (new Knapsack(nodes, ends[middle]).most() >= microbatches) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if (low == ends.length) {
            return Optional.empty();
        }
        List<Template> sizes = new Knapsack(nodes, ends[low]).sizes();
        return Optional.of(new Formation(nodes, shared(sizes), Seconds.of(ends[low])));
    }

    /** One micro-batch for each pipeline, and every other where it is done soonest. */
    private List<Pipeline> shared(List<Template> sizes) {
        int[] share = new int[sizes.size()];
        Arrays.fill(share, 1);
        for (int given = share.length; given < microbatches; given++) {
            int next = 0;
            for (int i = 1; i < share.length; i++) {
                if (sizes.get(i).step(share[i] + 1).compareTo(sizes.get(next).step(share[next] + 1)) < 0) {
                    next = i;
                }
            }
            share[next]++;
        }
        return IntStream.range(0, share.length)
                .mapToObj(i -> new Pipeline(sizes.get(i).nodes(), share[i]))
                .toList();
    }

    /** Most micro-batches done by {@code end}, by pipelines and by nodes, of which none is left over. */
    private final class Knapsack {
        private final int nodes;
        private final int[] capacities;
        private final long[][] most;

        Knapsack(int nodes, double end) {
            this.nodes = nodes;
            this.capacities = templates.stream().mapToInt(t -> capacity(t, end)).toArray();
            // A pipeline without a micro-batch would be idle, so there are never more pipelines than those.
            int rows = Math.min(microbatches, nodes / templates.getFirst().nodes());
            this.most = new long[Math.max(rows, pipelines) + 1][nodes + 1];
            for (long[] row : most) {
                Arrays.fill(row, IMPOSSIBLE);
            }
            most[0][0] = 0;
            for (int count = 1; count <= rows; count++) {
                for (int used = 1; used <= nodes; used++) {
                    most[count][used] = reached(count, used);
                }
            }
        }

        private long reached(int count, int used) {
            long reached = IMPOSSIBLE;
            for (int t = 0; t < capacities.length; t++) {
                reached = Math.max(reached, with(t, count, used));
            }
            return reached;
        }

        /** What is done where template {@code t} is the last of the pipelines. */
        private long with(int t, int count, int used) {
            int before = used - templates.get(t).nodes();
            boolean possible = before >= 0 && capacities[t] > 0 && most[count - 1][before] != IMPOSSIBLE;
            return possible ? most[count - 1][before] + capacities[t] : IMPOSSIBLE;
        }

        long most() {
            return most[best()][nodes];
        }

        /** How many pipelines do most; the fewest of equals. */
        private int best() {
            return IntStream.range(pipelines, most.length)
                    .boxed()
                    .max(Comparator.comparingLong((Integer count) -> most[count][nodes])
                            .thenComparing(Comparator.reverseOrder()))
                    .orElseThrow();
        }

        /** The pipelines of the best division, smallest first. */
        List<Template> sizes() {
            var sizes = new ArrayList<Template>();
            int used = nodes;
            for (int count = best(); count > 0; count--) {
                Template last = templates.get(last(count, used));
                sizes.add(last);
                used -= last.nodes();
            }
            sizes.sort(Comparator.comparingInt(Template::nodes));
            return sizes;
        }

        private int last(int count, int used) {
            return IntStream.range(0, capacities.length)
                    .filter(t -> with(t, count, used) == most[count][used])
                    .findFirst()
                    .orElseThrow();
        }

        /** Micro-batches that a template finishes by {@code end}, as its own arithmetic says. */
        private int capacity(Template template, double end) {
            double fitting =
                    (end - template.fill().value()) / template.perMicrobatch().value();
            int count = (int) Math.clamp(Math.round(fitting), 0, microbatches);
            return count > 0 && template.step(count).value() > end ? count - 1 : count;
        }
    }
}
