package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Conflict;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConflictTest {
    private final TrainJob base = Jobs.job(
            Jobs.gpt(8, 512, 8, 32000, 512),
            Jobs.dgx(1, Jobs.withoutClocks(Jobs.a100(4))),
            16,
            Precision.mixed(ElementType.BF16));

    private static List<Conflict> conflicts(TrainJob job) {
        return assertInstanceOf(PlanOutcome.Infeasible.class, Jobs.planner(job).plan(job))
                .conflicts();
    }

    private static List<String> said(List<Conflict> conflicts) {
        return conflicts.stream().map(Conflict::said).toList();
    }

    @Test
    void namesTheFixThatCannotBeAndTheNearestThatCan() {
        TrainJob job = Jobs.fix(base, "tensor", "3");
        var conflicts = conflicts(job);
        assertEquals(List.of("tensor 3"), said(conflicts));
        assertTrue(conflicts.getFirst().reason().contains("cannot split 8 heads"), conflicts.toString());
        assertEquals("tensor 4", conflicts.getFirst().relaxation().orElseThrow());
        assertEquals(job.fixed().get("tensor").origin(), conflicts.getFirst().origin());
    }

    /** Bounds of the decisions before would read past the end of the list, or count on the clock. */
    @Test
    void whatIsDecidedLastAndCannotBeIsSaidBeforeASearch() {
        var recompute = conflicts(Jobs.fix(base, "recompute", "[full, 2 x none]"));
        assertEquals(List.of("recompute [full, 2 x none]"), said(recompute));
        assertTrue(recompute.getFirst().reason().contains("is for 3 layers, the model has 8"), recompute.toString());
        var clock = conflicts(Jobs.fix(base, "frequency", "99999"));
        assertEquals(List.of("frequency 99999"), said(clock));
        assertTrue(clock.getFirst().reason().contains("no clock of 99999 MHz"), clock.toString());
    }

    @Test
    void aSearchThatEndsAtItsBudgetDropsNothingAndSaysSo() {
        TrainJob job = Jobs.fix(Jobs.fix(Jobs.fix(base, "pipeline", "4"), "data", "4"), "recompute", "full");
        var conflicts =
                new ConflictFinder(job, List.of(), TechniqueCatalog.standard(), Jobs.planner(job)::appraiser, 0).find();
        assertEquals(List.of("data 4", "pipeline 4", "recompute full"), said(conflicts));
        assertTrue(conflicts.getFirst().reason().contains("perhaps not all of it is needed"), conflicts.toString());
    }

    @Test
    void namesTwoFixesThatClashOnlyTogether() {
        var conflicts =
                conflicts(Jobs.fix(Jobs.fix(Jobs.fix(base, "pipeline", "4"), "data", "4"), "recompute", "full"));
        assertEquals(List.of("data 4", "pipeline 4"), said(conflicts));
        assertTrue(conflicts.getFirst().relaxation().isPresent());
    }

    @Test
    void saysHowMuchMemoryWouldDo() {
        var tight = new Requirement.MemoryShare(0.05, new Origin("job.dove", 44, 5, 10));
        TrainJob job = Jobs.asking(
                Jobs.fix(Jobs.fix(base, "tensor", "1"), "shard", "none"), List.of(Objective.TIME), List.of(tight));
        var conflicts = conflicts(job);
        assertTrue(said(conflicts).contains("memory <= 5% of hbm"), conflicts.toString());
        Conflict memory = conflicts.stream()
                .filter(c -> c.said().startsWith("memory"))
                .findFirst()
                .orElseThrow();
        assertEquals(44, memory.origin().line());
        assertTrue(memory.reason().matches(".* over on stage \\d+, where .* takes .*"), memory.reason());
        double percent =
                Double.parseDouble(memory.relaxation().orElseThrow().replaceAll("memory <= ([0-9.]+)% of hbm.*", "$1"));
        var enough = new Requirement.MemoryShare(percent / 100, Origin.NONE);
        var tooLittle = new Requirement.MemoryShare((percent - 0.2) / 100, Origin.NONE);
        assertTrue(solves(Jobs.asking(job, job.objectives(), List.of(enough))), "enough: " + memory);
        assertFalse(solves(Jobs.asking(job, job.objectives(), List.of(tooLittle))), "the least: " + memory);
    }

    private static boolean solves(TrainJob job) {
        return Jobs.planner(job).plan(job) instanceof PlanOutcome.Solved;
    }

    @Test
    void saysHowManyNodesWouldHoldAModelTooLargeForTheCluster() {
        TrainJob job = Jobs.job(
                Jobs.gpt(24, 2048, 16, 51200, 1024),
                Jobs.dgx(1, Jobs.withoutClocks(Jobs.a100(2))),
                16,
                Precision.mixed(ElementType.BF16));
        var conflicts = conflicts(job);
        assertEquals(1, conflicts.size(), conflicts.toString());
        String change = conflicts.getFirst().relaxation().orElseThrow();
        int nodes = Integer.parseInt(change.replaceAll("nodes (\\d+) instead of 1.*", "$1"));
        assertTrue(nodes > 1, change);
        assertTrue(solves(job.on(job.cluster().withNodes(nodes))), change);
        assertFalse(solves(job.on(job.cluster().withNodes(nodes - 1))), change);
    }

    @Test
    void namesAForbiddenTechniqueThatEveryPlanNeeds() {
        TrainJob job = Jobs.job(
                        Jobs.gpt(24, 2048, 16, 51200, 1024),
                        Jobs.dgx(1, Jobs.withoutClocks(Jobs.a100(8))),
                        16,
                        Precision.mixed(ElementType.BF16))
                .with(java.util.Map.of(), List.of("tensor", "pipeline", "shard"));
        var conflicts = conflicts(job);
        assertTrue(said(conflicts).stream().anyMatch(s -> s.startsWith("forbid")), conflicts.toString());
    }

    @Test
    void namesATimeThatNoPlanReaches() {
        var hurry = new Requirement.AtMost(Objective.TIME, 1e-3, new Origin("job.dove", 45, 5, 4));
        var conflicts = conflicts(Jobs.asking(base, List.of(Objective.COST), List.of(hurry)));
        assertEquals(1, conflicts.size(), conflicts.toString());
        assertTrue(conflicts.getFirst().relaxation().isPresent());
    }

    /** Three fixes that clash two by two: no change of one alone helps. */
    @Test
    void changesSeveralThingsWhereOneIsNotEnough() {
        TrainJob job = Jobs.fix(Jobs.fix(Jobs.fix(base, "pipeline", "3"), "tensor", "3"), "data", "4");
        var conflicts = conflicts(job);
        assertFalse(conflicts.isEmpty());
        for (Conflict conflict : conflicts) {
            String change = conflict.relaxation().orElseThrow();
            assertTrue(change.contains(" and "), change);
            TrainJob changed = job;
            for (String one : change.split(" and ")) {
                changed = Jobs.fix(changed, one.split(" ")[0], one.split(" ")[1]);
            }
            assertTrue(solves(changed), change);
        }
    }

    /** Arenas take a little more than the bytes in them, which must not hide plans that fit. */
    @Test
    void moreMemoryNeverLeavesFewerPlans() {
        TrainJob job = Jobs.job(
                Jobs.gpt(40, 512, 8, 32000, 512),
                Jobs.dgx(2, Jobs.withoutClocks(Jobs.a100(4))),
                64,
                Precision.mixed(ElementType.BF16));
        for (String fix : List.of(
                "tensor 1",
                "pipeline 8",
                "schedule 1f1b",
                "microbatch 1",
                "recompute none",
                "data 2",
                "shard parameters")) {
            job = Jobs.fix(job, fix.split(" ")[0], fix.split(" ")[1]);
        }
        long least = leastMemory(job);
        for (int permille = 0; permille < 80; permille += 4) {
            var enough = new Requirement.MemoryBytes(Bytes.of(least + least * permille / 1000), Origin.NONE);
            assertTrue(solves(Jobs.asking(job, job.objectives(), List.of(enough))), enough.toString());
        }
    }

    private static long leastMemory(TrainJob job) {
        var none = new Requirement.MemoryBytes(Bytes.of(1), Origin.NONE);
        String change = conflicts(Jobs.asking(job, job.objectives(), List.of(none))).stream()
                .filter(conflict -> conflict.said().startsWith("memory"))
                .findFirst()
                .flatMap(Conflict::relaxation)
                .orElseThrow();
        return Math.round(1e6 * Double.parseDouble(change.replaceAll("memory <= ([0-9.]+) MB", "$1")));
    }
}
