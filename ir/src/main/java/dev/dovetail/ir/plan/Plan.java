package dev.dovetail.ir.plan;

import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every decision for a job with who made it, what the plan is expected to cost, and how far from the best it can be.
 *
 * @param decidedBy by name of the decision
 * @param runnersUp the next best plans, best first
 * @param front the plans worth choosing from, least of the first traded objective first; empty where the job asks for none
 * @param bars what may be expected of the predictions, where runs on such hardware were published
 * @param run the whole job, where it says how many steps it has
 * @param templates what goes on when nodes fail, where the job must survive that
 * @param input whether samples come in time, where the job says what preparing them takes
 * @param notes what a reader should know, such as devices left idle
 */
public record Plan(
        String job,
        Status status,
        Decisions decisions,
        Map<String, DecidedBy> decidedBy,
        Predicted predicted,
        Breakdown breakdown,
        Bound bound,
        SearchStatistics search,
        List<RunnerUp> runnersUp,
        List<FrontPlan> front,
        Optional<ErrorBars> bars,
        Optional<WholeRun> run,
        Optional<PipelineTemplates> templates,
        Optional<InputForecast> input,
        List<String> notes) {

    /** How good the plan is known to be. */
    public enum Status {
        /** No plan is better, within the cost model. */
        OPTIMAL,
        /** The search ran out of its budget; {@link Bound} says how far off the plan can be. */
        FEASIBLE
    }

    /** Who took a decision. */
    public enum DecidedBy {
        FIXED,
        SOLVED,
        DEFAULT
    }

    /**
     * Predictions for one step. Energy, money and carbon are estimates.
     *
     * @param mfu model FLOPs utilisation: the model's arithmetic, without recomputation, over the peak of the devices used
     * @param memory by part, on the device where the sum is largest
     * @param bubbleFraction share of the step that stages wait
     * @param devices used
     * @param idleDevices of the cluster, left unused
     */
    public record Predicted(
            Seconds step,
            double tokensPerSecond,
            double mfu,
            FlopsPerSecond modelFlopsPerDevice,
            Map<MemoryPart, Bytes> memory,
            double bubbleFraction,
            Joules energy,
            Dollars cost,
            GramsOfCarbon carbon,
            int devices,
            int idleDevices) {

        public Predicted {
            memory = Collections.unmodifiableMap(new EnumMap<>(memory));
        }

        public Bytes totalMemory() {
            return memory.values().stream().reduce(Bytes.ZERO, Bytes::plus);
        }
    }

    /** Where the step's time goes, as a mean over pipeline stages; the parts add up to the step. */
    public record Breakdown(
            Seconds compute,
            Seconds tensorComm,
            Seconds expertComm,
            Seconds pipelineComm,
            Seconds dataComm,
            Seconds offload,
            Seconds input,
            Seconds bubble) {}

    /**
     * What no plan goes below.
     *
     * @param objective the primary one
     * @param value least value of the objective, in its base unit
     * @param gap (reached − value) / reached; 0 for an optimal plan
     */
    public record Bound(Objective objective, double value, double gap) {}

    /**
     * @param seconds wall time of the search; the only figure here that differs from run to run
     * @param considered complete plans appraised or bounded
     * @param pruned sets of plans ruled out together
     */
    public record SearchStatistics(Seconds seconds, long considered, long pruned) {}

    /**
     * Another good plan.
     *
     * @param differs its decisions that are not the plan's, by name
     * @param loss how much more of the primary objective it takes, relative to the plan
     * @param because what makes it worse, for people
     */
    public record RunnerUp(
            Decisions decisions,
            Map<String, String> differs,
            Predicted predicted,
            Breakdown breakdown,
            double loss,
            String because) {
        public RunnerUp {
            differs = Collections.unmodifiableMap(new LinkedHashMap<>(differs));
        }
    }

    public Plan {
        decidedBy = Collections.unmodifiableMap(new LinkedHashMap<>(decidedBy));
        runnersUp = List.copyOf(runnersUp);
        front = List.copyOf(front);
        notes = List.copyOf(notes);
    }
}
