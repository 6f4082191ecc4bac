package dev.dovetail.runtime.train;

import dev.dovetail.runtime.data.HeldOut;
import dev.dovetail.runtime.transport.Traffic;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run did, as rank 0 knows it.
 *
 * @param firstStep the step this process began with; more than 0 when it resumed
 * @param nextStep the step after the last one that ran
 * @param interrupted whether it was asked to stop before its end
 * @param losses mean per token, in the data's unit, of each step that ran, before that step's update
 * @param stepSeconds wall time of each step that ran
 * @param traffic what all ranks together sent in all steps of this process; time is summed over ranks too
 * @param exchangeSeconds of each step that ran, time inside exchanges (waiting for peers included) by axis, and what it spent on its
 *     batch as {@link #INPUT}; mean over ranks
 * @param heldOut how the model does on what was held out, if it was judged
 * @param ranks what each rank measured
 */
public record RunRecord(
        long firstStep,
        long nextStep,
        boolean interrupted,
        List<Double> losses,
        List<Double> stepSeconds,
        List<Traffic.Row> traffic,
        List<Map<String, Double>> exchangeSeconds,
        Optional<HeldOut> heldOut,
        List<RankReport> ranks) {
    /** What predictions call time spent on samples. */
    static final String INPUT = "input";

    /** Steps before this one, counted from the process's first, warm up the compiler and are not timed. */
    private static final int WARM = 20;

    /** Whether there was a step left to do. */
    boolean ran() {
        return !losses.isEmpty();
    }

    /** The median of all steps of this process but the first {@value #WARM}, or of what there is. */
    public double medianStepSeconds() {
        List<Double> sorted = timed(stepSeconds).stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2);
    }

    /** A part of the data axis counts as what a prediction calls it. */
    private static String part(String axis) {
        return switch (axis) {
            case "expert_data" -> "data_comm";
            case "expert_tokens", "expert_weights" -> "expert_comm";
            case "context" -> "tensor_comm";
            case INPUT -> INPUT;
            case "offload" -> axis;
            default -> axis + "_comm";
        };
    }

    /** Where the time of the same steps went: computing, exchanges by axis, and getting samples; the parts add up to their mean. */
    public Map<String, Double> breakdownSeconds() {
        Map<String, Double> exchanges = new LinkedHashMap<>();
        List<Map<String, Double>> steps = timed(exchangeSeconds);
        steps.forEach(step ->
                step.forEach((axis, seconds) -> exchanges.merge(part(axis), seconds / steps.size(), Double::sum)));
        double mean = timed(stepSeconds).stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(0);
        double inside =
                exchanges.values().stream().mapToDouble(Double::doubleValue).sum();
        Map<String, Double> parts = new LinkedHashMap<>();
        parts.put("compute", Math.max(0, mean - inside));
        parts.putAll(exchanges);
        return parts;
    }

    private static <T> List<T> timed(List<T> steps) {
        return steps.size() > WARM ? steps.subList(WARM, steps.size()) : steps;
    }

    /** Of the rank that used most. */
    public long peakMemoryBytes() {
        return ranks.stream().mapToLong(RankReport::peakBytes).max().orElse(0);
    }
}
