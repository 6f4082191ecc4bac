package dev.dovetail.optimizer.explain;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.explain.Explanation.Lever;
import dev.dovetail.optimizer.search.Planner;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Says what limits a plan, and what the job would gain from other hardware by planning it again there. */
public final class Explainer {
    private final Function<Cluster, Planner> planners;
    private final List<WhatIf> questions;

    /**
     * @param planners a planner with the costs of a cluster
     * @param questions changes to ask about; each is a search of its own
     */
    public Explainer(Function<Cluster, Planner> planners, List<WhatIf> questions) {
        this.planners = planners;
        this.questions = List.copyOf(questions);
    }

    public Explanation explain(TrainJob job, Plan plan) {
        var parts = longestFirst(Comparison.parts(plan.breakdown()));
        double memory = plan.predicted()
                .totalMemory()
                .ratioTo(job.cluster().node().device().memory());
        var levers = new ArrayList<Lever>();
        for (WhatIf question : questions) {
            TrainJob changed = job.on(question.change().apply(job.cluster()));
            if (planners.apply(changed.cluster()).plan(changed) instanceof PlanOutcome.Solved solved) {
                levers.add(lever(job, question, plan, solved.plan()));
            }
        }
        levers.sort(Comparator.comparingDouble(lever -> -lever.gain()));
        return new Explanation(plan, parts.keySet().iterator().next(), parts, memory, levers);
    }

    private static Lever lever(TrainJob job, WhatIf question, Plan now, Plan then) {
        double gain = 1 - reached(job, then) / reached(job, now);
        return new Lever(question.name(), gain, Comparison.differences(now.decisions(), then.decisions()));
    }

    /** The primary objective of a step. */
    private static double reached(TrainJob job, Plan plan) {
        Objective primary =
                job.objectives().isEmpty() ? Objective.TIME : job.objectives().getFirst();
        return switch (primary) {
            case TIME -> plan.predicted().step().value();
            case ENERGY -> plan.predicted().energy().value();
            case COST -> plan.predicted().cost().value();
            case CARBON -> plan.predicted().carbon().value();
            case GPUS -> plan.predicted().devices();
        };
    }

    private static Map<String, Seconds> longestFirst(Map<String, Seconds> parts) {
        var sorted = new LinkedHashMap<String, Seconds>();
        parts.entrySet().stream()
                .sorted(Map.Entry.<String, Seconds>comparingByValue().reversed())
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }
}
