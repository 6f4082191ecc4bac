package dev.dovetail.ir.verify;

import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Plays a program's schedules without computing anything and reports each rule it breaks, first occurrence only.
 *
 * <p>One representative rank of each stage is played, and a second at the far end of the data axis, whose shards lie elsewhere.
 */
public final class ProgramVerifier {
    private ProgramVerifier() {}

    /** Violations of the training step and of the evaluation; empty for a program that may run. */
    public static List<Violation> verify(Program program) {
        return verify(program, 0);
    }

    /** @param leastUse share of each arena that must be alive at the peak; the rest is what packing may lose */
    public static List<Violation> verify(Program program, double leastUse) {
        var violations = new ViolationCollector();
        // Stages are played apart from each other, each on a core of its own where there are several.
        program.classes().parallelStream()
                .map(rank -> ofStage(program, rank, leastUse))
                .toList()
                .forEach(violations::addAll);
        for (Function<RankClass, Schedule> schedule :
                List.<Function<RankClass, Schedule>>of(RankClass::step, RankClass::evaluate)) {
            MessageChecker.check(program, schedule, violations);
        }
        return violations.all();
    }

    private static ViolationCollector ofStage(Program program, RankClass rank, double leastUse) {
        var violations = new ViolationCollector();
        long peak = 0;
        for (Schedule schedule : List.of(rank.step(), rank.evaluate())) {
            ExchangeChecker.check(program, rank, schedule, violations);
            for (Map<String, Integer> coordinates : representatives(program.mesh())) {
                peak = Math.max(peak, MemoryChecker.check(rank, schedule, coordinates, violations));
            }
        }
        checkPeak(rank, peak, leastUse, violations);
        return violations;
    }

    /** Most bytes alive at once during a training step, for each stage. */
    public static List<Long> peaks(Program program) {
        var ignored = new ViolationCollector();
        return program.classes().stream()
                .map(rank -> MemoryChecker.check(rank, rank.step(), Map.of(), ignored))
                .toList();
    }

    private static List<Map<String, Integer>> representatives(MeshShape mesh) {
        var ranks = new ArrayList<Map<String, Integer>>(List.of(Map.of()));
        if (mesh.size(MeshShape.DATA) > 1) {
            var last = new HashMap<>(Map.of(MeshShape.DATA, mesh.size(MeshShape.DATA) - 1));
            mesh.parts().forEach((name, part) -> last.put(name, part.size() - 1));
            ranks.add(last);
        }
        return ranks;
    }

    private static void checkPeak(RankClass rank, long peak, double leastUse, ViolationCollector violations) {
        if (peak < leastUse * rank.arenaBytes()) {
            String message = "at most " + peak + " bytes are alive at once in an arena of " + rank.arenaBytes();
            violations.add(Rule.PEAK, rank.stage(), "", -1, message);
        }
    }
}
