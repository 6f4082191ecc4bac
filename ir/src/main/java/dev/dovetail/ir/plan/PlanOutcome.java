package dev.dovetail.ir.plan;

import java.util.List;

/** What planning a job comes to. */
public sealed interface PlanOutcome {

    /** There is a plan. */
    record Solved(Plan plan) implements PlanOutcome {}

    /** No plan holds all of these. */
    record Infeasible(List<Conflict> conflicts, Plan.SearchStatistics search) implements PlanOutcome {
        public Infeasible {
            conflicts = List.copyOf(conflicts);
        }
    }

    /** The search ran out of its budget before it found any plan. */
    record Unknown(Plan.SearchStatistics search) implements PlanOutcome {}
}
