package dev.dovetail.optimizer.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.explain.Explanation.Lever;
import dev.dovetail.optimizer.search.Jobs;
import org.junit.jupiter.api.Test;

class ExplainerTest {
    private final Explainer explainer =
            new Explainer(cluster -> Jobs.planner(CostModel.ofDevices(cluster)), WhatIf.standard());

    private static Plan plan(TrainJob job) {
        return ((PlanOutcome.Solved) Jobs.planner(job).plan(job)).plan();
    }

    private static double gain(Explanation explanation, String change) {
        return explanation.levers().stream()
                .filter(lever -> lever.change().equals(change))
                .mapToDouble(Lever::gain)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void saysThatASlowNetworkIsWhatCounts() {
        var slow = Jobs.cluster(4, 1, Jobs.withoutClocks(Jobs.a100(80)), 300e9, 0.2e9);
        TrainJob job = Jobs.fix(
                Jobs.job(Jobs.gpt(8, 1024, 8, 32000, 512), slow, 16, Precision.mixed(ElementType.BF16)), "data", "4");
        Plan plan = plan(job);
        Explanation explanation = explainer.explain(job, plan);
        assertEquals("data communication", explanation.limitedBy());
        assertTrue(gain(explanation, "twice the bandwidth between nodes") > 0.25);
        assertEquals(0, gain(explanation, "twice the bandwidth inside a node"), 1e-9);
        double sum = explanation.parts().values().stream()
                .mapToDouble(Seconds::value)
                .sum();
        assertEquals(plan.predicted().step().value(), sum, 1e-9 * sum);
    }

    @Test
    void findsNoHarmInBetterHardwareAndSaysWhatWouldBeDecidedOtherwise() {
        TrainJob job = Jobs.job(
                Jobs.gpt(12, 2048, 16, 51200, 1024),
                Jobs.dgx(1, Jobs.withoutClocks(Jobs.a100(8))),
                32,
                Precision.mixed(ElementType.BF16));
        Explanation explanation = explainer.explain(job, plan(job));
        assertFalse(explanation.levers().isEmpty());
        for (Lever lever : explanation.levers()) {
            // More devices mean a slower slowest one.
            assertTrue(lever.gain() >= -1e-3, lever.toString());
        }
        assertEquals("one more node", explanation.levers().getFirst().change());
        assertEquals(0, gain(explanation, "one more network card in each node"), 1e-9);
        assertFalse(explanation.levers().getFirst().differs().isEmpty());
    }
}
