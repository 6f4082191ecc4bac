package dev.dovetail.optimizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.PipelineTemplates.Formation;
import dev.dovetail.ir.plan.PipelineTemplates.Pipeline;
import dev.dovetail.ir.plan.PipelineTemplates.Template;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FormationsTest {

    private static Template template(int nodes, double fill, double each) {
        return new Template(nodes, Decisions.none(), Seconds.of(fill), Seconds.of(each));
    }

    /** The least step over every division of nodes and every distribution of micro-batches. */
    private static double bruteForce(List<Template> templates, int pipelines, int microbatches, int nodes) {
        return divisions(templates, nodes, 0).stream()
                .filter(sizes -> sizes.size() >= pipelines)
                .mapToDouble(sizes -> leastStep(sizes, 0, microbatches))
                .min()
                .orElse(Double.POSITIVE_INFINITY);
    }

    private static List<List<Template>> divisions(List<Template> templates, int nodes, int from) {
        if (nodes == 0) {
            return List.of(List.of());
        }
        var all = new ArrayList<List<Template>>();
        for (int i = from; i < templates.size(); i++) {
            Template first = templates.get(i);
            if (first.nodes() <= nodes) {
                for (List<Template> rest : divisions(templates, nodes - first.nodes(), i)) {
                    var sizes = new ArrayList<>(List.of(first));
                    sizes.addAll(rest);
                    all.add(sizes);
                }
            }
        }
        return all;
    }

    private static double leastStep(List<Template> sizes, int at, int microbatches) {
        int after = sizes.size() - at - 1;
        if (after < 0) {
            return microbatches == 0 ? 0 : Double.POSITIVE_INFINITY;
        }
        double least = Double.POSITIVE_INFINITY;
        for (int share = 1; share <= microbatches - after; share++) {
            double step = Math.max(sizes.get(at).step(share).value(), leastStep(sizes, at + 1, microbatches - share));
            least = Math.min(least, step);
        }
        return least;
    }

    @Test
    void noDivisionIsDoneSooner() {
        var random = new Random(5);
        for (int round = 0; round < 150; round++) {
            int least = random.nextInt(1, 4);
            var templates = new ArrayList<Template>();
            for (int nodes = least; nodes < 2 * least + random.nextInt(2); nodes++) {
                templates.add(template(nodes, random.nextDouble(3), 0.2 + random.nextDouble(2)));
            }
            int pipelines = random.nextInt(1, 3);
            int microbatches = random.nextInt(3, 9);
            int nodes = random.nextInt(pipelines * least, 9);
            double expected = bruteForce(templates, pipelines, microbatches, nodes);
            Optional<Formation> found = new Formations(templates, pipelines, microbatches).on(nodes);

            if (found.isPresent()) {
                assertEquals(
                        expected,
                        found.get().step().value(),
                        1e-9,
                        found.get() + " of " + templates + " for " + pipelines + ", " + microbatches);
                assertUsesEverything(found.get(), templates, nodes, microbatches);
            } else {
                assertEquals(Double.POSITIVE_INFINITY, expected);
            }
        }
    }

    private static void assertUsesEverything(
            Formation formation, List<Template> templates, int nodes, int microbatches) {
        assertEquals(
                nodes, formation.pipelines().stream().mapToInt(Pipeline::nodes).sum());
        assertEquals(
                microbatches,
                formation.pipelines().stream().mapToInt(Pipeline::microbatches).sum());
        for (Pipeline pipeline : formation.pipelines()) {
            double own = templates.stream()
                    .filter(template -> template.nodes() == pipeline.nodes())
                    .mapToDouble(
                            template -> template.step(pipeline.microbatches()).value())
                    .min()
                    .orElseThrow();
            assertTrue(own <= formation.step().value() + 1e-9, pipeline + " takes " + own);
        }
    }

    @Test
    void nodesThatNoTemplatesAddUpToAreRefused() {
        assertEquals(Optional.empty(), new Formations(List.of(template(3, 1, 1), template(4, 1, 1)), 1, 8).on(5));
    }
}
