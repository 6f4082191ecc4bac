package dev.dovetail.optimizer.explain;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan.Breakdown;
import dev.dovetail.ir.plan.Plan.Predicted;
import dev.dovetail.ir.units.Seconds;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What tells one plan from another. */
public final class Comparison {
    /** Differences below this share of a step are not worth a word. */
    private static final double NOTICEABLE = 0.0005;

    private Comparison() {}

    /** Decisions of {@code theirs} that are not {@code ours}, as a spec would write them. */
    public static Map<String, String> differences(Decisions ours, Decisions theirs) {
        var differences = new LinkedHashMap<String, String>();
        Map<String, String> known = ours.asText();
        theirs.asText().forEach((name, value) -> {
            if (!value.equals(known.get(name))) {
                differences.put(name, value);
            }
        });
        return differences;
    }

    /** Seconds of a step by part, named as people name them. */
    public static Map<String, Seconds> parts(Breakdown breakdown) {
        var parts = new LinkedHashMap<String, Seconds>();
        parts.put("computing", breakdown.compute());
        parts.put("tensor communication", breakdown.tensorComm());
        parts.put("expert communication", breakdown.expertComm());
        parts.put("pipeline messages", breakdown.pipelineComm());
        parts.put("data communication", breakdown.dataComm());
        parts.put("slower memory", breakdown.offload());
        parts.put("waiting for samples", breakdown.input());
        parts.put("waiting for the pipeline", breakdown.bubble());
        return parts;
    }

    /** What the other plan spends more of. */
    public static String because(Predicted best, Breakdown ours, Predicted other, Breakdown theirs) {
        Map<String, Seconds> mine = parts(ours);
        String worst = "";
        double most = 0;
        for (var part : parts(theirs).entrySet()) {
            double more = part.getValue().minus(mine.get(part.getKey())).value();
            if (more > most) {
                most = more;
                worst = part.getKey();
            }
        }
        if (most > NOTICEABLE * best.step().value()) {
            return String.format(Locale.ROOT, "%s more %s a step", Seconds.of(most), worst);
        }
        if (other.devices() != best.devices()) {
            return "as fast on " + other.devices() + " devices instead of " + best.devices();
        }
        long more = other.totalMemory().count() - best.totalMemory().count();
        return more > 0
                ? "as fast, with " + dev.dovetail.ir.units.Bytes.of(more) + " more memory"
                : "as good, and later in order";
    }
}
