package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan.DecidedBy;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.timing.Timeline;
import dev.dovetail.ir.units.Bytes;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a job costs under the decisions it states, and the best of those it leaves open.
 *
 * @param decidedBy by name of the decision
 * @param overheads by stage: what the engine takes beside the arena
 * @param fits whether the plan holds every limit of the job
 */
public record Appraisal(
        Decisions decisions,
        Map<String, DecidedBy> decidedBy,
        Figures figures,
        Program program,
        Timeline timeline,
        List<EngineOverhead> overheads,
        boolean fits) {

    public Appraisal {
        overheads = List.copyOf(overheads);
    }

    /** The stage whose devices hold most, arena and overhead together. */
    public int fullest() {
        return IntStream.range(0, overheads.size())
                .boxed()
                .max(Comparator.comparingLong(stage -> memory(stage).count()))
                .orElseThrow();
    }

    /** What a device of a stage holds: the plan's arena and the engine's overhead. */
    public Bytes memory(int stage) {
        return Bytes.of(arena(stage).count() + overheads.get(stage).total());
    }

    /** The same in bytes, by what it is for; what an engine spares of the arena is negative. */
    public Map<String, Long> account(int stage) {
        var account = new LinkedHashMap<String, Long>();
        program.classes()
                .get(stage)
                .memory()
                .forEach((part, bytes) -> account.put(part.name().toLowerCase(Locale.ROOT), bytes));
        overheads.get(stage).parts().forEach((part, bytes) -> account.put(part.toString(), bytes));
        return account;
    }

    public Bytes arena(int stage) {
        return Bytes.of(program.classes().get(stage).arenaBytes());
    }
}
