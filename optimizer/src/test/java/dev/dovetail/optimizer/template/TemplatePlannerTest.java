package dev.dovetail.optimizer.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Conflict;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.PipelineTemplates;
import dev.dovetail.ir.plan.PipelineTemplates.Formation;
import dev.dovetail.ir.plan.PipelineTemplates.Pipeline;
import dev.dovetail.ir.plan.PipelineTemplates.Template;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.search.Jobs;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TemplatePlannerTest {
    private static final int NODES = 8;

    /** A model of which two nodes hold a copy, and one does not. */
    private final TrainJob job = Jobs.job(
            Jobs.gpt(8, 1024, 16, 8192, 512),
            Jobs.cluster(NODES, 2, Jobs.withoutClocks(Jobs.a100(1.75)), 300e9, 25e9),
            64,
            Precision.mixed(ElementType.BF16));

    private static PlanOutcome outcome(TrainJob job) {
        return Jobs.planner(job).plan(job);
    }

    private static Plan plan(TrainJob job) {
        return ((PlanOutcome.Solved) outcome(job)).plan();
    }

    @Test
    void nothingIsPlannedThatNobodyAskedFor() {
        assertTrue(plan(job).templates().isEmpty());
    }

    @Test
    void aPlanThatSurvivesKeepsWholeCopiesOnNodesOfTheirOwn() {
        var decisions = plan(job.surviving(2)).decisions();

        assertTrue(decisions.get(Decision.DATA) >= 3, decisions.toString());
        assertEquals(Shard.NONE, decisions.get(Decision.SHARD));
        assertEquals(0, decisions.get(Decision.TENSOR) * decisions.get(Decision.PIPELINE) % 2);
    }

    @Test
    void templatesStartWhereACopyFitsAndLeaveNoGap() {
        PipelineTemplates planned = plan(job.surviving(1)).templates().orElseThrow();
        int least = planned.templates().getFirst().nodes();

        assertTrue(least > 1, "one node holds it: " + planned);
        assertEquals(
                IntStream.range(least, least + planned.templates().size())
                        .boxed()
                        .toList(),
                planned.templates().stream().map(Template::nodes).toList());
        assertEquals(2 * least, planned.formations().getLast().nodes());
        for (Template template : planned.templates()) {
            assertTrue(template.perMicrobatch().value() > 0, template.toString());
            assertEquals(1, template.decisions().get(Decision.DATA));
        }
    }

    @Test
    void everyFormationUsesAllNodesAndTheWholeBatch() {
        Plan plan = plan(job.surviving(1));
        int microbatches = 64 / plan.decisions().get(Decision.MICROBATCH);
        for (Formation formation : plan.templates().orElseThrow().formations()) {
            assertEquals(
                    formation.nodes(),
                    formation.pipelines().stream().mapToInt(Pipeline::nodes).sum());
            assertEquals(
                    microbatches,
                    formation.pipelines().stream()
                            .mapToInt(Pipeline::microbatches)
                            .sum());
            assertTrue(formation.pipelines().size() >= 2, formation.asText());
        }
    }

    @Test
    void moreThanTheNodesCanKeepIsRefusedWithWhatTheyCan() {
        PlanOutcome outcome = outcome(job.surviving(7));
        Conflict conflict = ((PlanOutcome.Infeasible) outcome)
                .conflicts().stream()
                        .filter(c -> c.said().startsWith("survive"))
                        .findFirst()
                        .orElseThrow();

        assertEquals("survive 7 node failures", conflict.said());
        int kept =
                Integer.parseInt(conflict.relaxation().orElseThrow().replaceAll("survive (\\d+) node failures", "$1"));
        assertTrue(outcome(job.surviving(kept)) instanceof PlanOutcome.Solved);
        assertTrue(outcome(job.surviving(kept + 1)) instanceof PlanOutcome.Infeasible);
    }
}
