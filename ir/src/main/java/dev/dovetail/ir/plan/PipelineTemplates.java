package dev.dovetail.ir.plan;

import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Pipelines of several sizes to go on with when nodes fail, each a copy of the model (Jang et al. 2023, Oobleck, arXiv:2309.08125).
 * Times are estimates.
 *
 * @param failures of nodes at once that always leave a whole copy
 * @param templates by nodes, ascending, without a gap
 * @param formations what runs on all nodes, then with one node fewer each, down to the fewest that keep the promise
 */
public record PipelineTemplates(int failures, List<Template> templates, List<Formation> formations) {

    /**
     * How one copy lies on {@code nodes} nodes.
     *
     * @param decisions of one copy
     * @param fill of the pipeline: what a step takes beside its micro-batches
     * @param perMicrobatch what each micro-batch adds to a step
     */
    public record Template(int nodes, Decisions decisions, Seconds fill, Seconds perMicrobatch) {
        /** A step of {@code microbatches}. */
        public Seconds step(int microbatches) {
            return fill.plus(perMicrobatch.times(microbatches));
        }
    }

    /** A pipeline that runs, and its share of the global batch. */
    public record Pipeline(int nodes, int microbatches) {}

    /**
     * Pipelines that use every node.
     *
     * @param step until the slowest pipeline is done; the exchange of gradients between copies is not in it
     */
    public record Formation(int nodes, List<Pipeline> pipelines, Seconds step) {
        public Formation {
            pipelines = List.copyOf(pipelines);
        }

        /** Such as {@code 2 of 5 nodes + 1 of 6}. */
        public String asText() {
            return pipelines.stream()
                    .mapToInt(Pipeline::nodes)
                    .distinct()
                    .sorted()
                    .boxed()
                    .map(size ->
                            pipelines.stream().filter(p -> p.nodes() == size).count() + " of " + size
                                    + (size == 1 ? " node" : " nodes"))
                    .collect(Collectors.joining(" + "));
        }
    }

    public PipelineTemplates {
        templates = List.copyOf(templates);
        formations = List.copyOf(formations);
    }

    /** What is promised, and with what, in one line. */
    @Override
    public String toString() {
        Formation all = formations.getFirst();
        Formation fewest = formations.getLast();
        return String.format(
                Locale.ROOT,
                "any %d nodes may fail at once, down to %d nodes: templates of %d to %d nodes; %s now, %s a step without the "
                        + "exchange of gradients; at last %s, %s",
                failures,
                fewest.nodes(),
                templates.getFirst().nodes(),
                templates.getLast().nodes(),
                all.asText(),
                all.step(),
                fewest.asText(),
                fewest.step());
    }
}
