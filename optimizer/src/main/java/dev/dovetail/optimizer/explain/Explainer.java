package dev.dovetail.optimizer.explain;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.explain.Explanation.Lever;
import dev.dovetail.optimizer.search.Candidate;
import dev.dovetail.optimizer.search.Figures.Figure;
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
            planners.apply(changed.cluster())
                    .best(changed)
                    .ifPresent(best -> levers.add(lever(job, question, changed, plan, best)));
        }
        levers.sort(Comparator.comparingDouble(lever -> -lever.gain()));
        return new Explanation(plan, parts.keySet().iterator().next(), parts, memory, levers);
    }

    private static Lever lever(TrainJob job, WhatIf question, TrainJob changed, Plan now, Candidate then) {
        double gain = 1 - then.figures().get(primary(job)) / reached(job, now);
        return new Lever(
                question.name(),
                gain,
                rent(changed.cluster()) - rent(job.cluster()),
                Comparison.differences(now.decisions(), then.decisions()));
    }

    /** Dollars an hour of all devices; 0 where they have no price. */
    private static double rent(Cluster cluster) {
        return cluster.groups().stream()
                .mapToDouble(group -> group.count()
                        * group.node().devices()
                        * group.node()
                                .device()
                                .price()
                                .map(DollarsPerHour::value)
                                .orElse(0.0))
                .sum();
    }

    private static Figure primary(TrainJob job) {
        return Figure.of(
                job.objectives().isEmpty() ? Objective.TIME : job.objectives().getFirst());
    }

    private static double reached(TrainJob job, Plan plan) {
        return switch (primary(job)) {
            case TIME -> plan.predicted().step().value();
            case MODEL ->
                plan.predicted().step().minus(plan.breakdown().input()).value();
            case ENERGY -> plan.predicted().energy().value();
            case MONEY -> plan.predicted().cost().value();
            case CARBON -> plan.predicted().carbon().value();
            case DEVICES -> plan.predicted().devices();
            case MEMORY -> plan.predicted().totalMemory().count();
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
