package dev.dovetail.backends.report.page;

import dev.dovetail.ir.units.UnitPrinter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Numbers and names as the page's prose writes them. */
final class Words {
    private static final Map<String, String> PARTS = Map.of(
            "compute", "compute",
            "tensor_comm", "tensor-parallel exchange",
            "pipeline_comm", "pipeline transfer",
            "data_comm", "data-parallel exchange",
            "expert_comm", "expert exchange",
            "bubble", "bubble",
            "pipeline_comm_and_bubble", "pipeline transfer and bubble",
            "optimizer", "optimizer update",
            "offload", "offload",
            "input", "input");

    private Words() {}

    /** A part of a step's time, by its name in the plan. */
    static String part(String key) {
        return PARTS.getOrDefault(key, key.replace('_', ' '));
    }

    /** {@code 0.123} is "12.3 %". */
    static String percent(double share) {
        double percent = 100 * share;
        String pattern = Math.abs(percent) >= 10 ? "%.1f %%" : "%.2f %%";
        return String.format(Locale.ROOT, pattern, percent);
    }

    /** With its sign: "+4.4 %"; from ten times on as a factor, "×12.5". */
    static String change(double share) {
        if (share >= 9) {
            return String.format(Locale.ROOT, "×%,.1f", 1 + share);
        }
        return String.format(Locale.ROOT, "%+.1f %%", 100 * share).replace('-', '\u2212');
    }

    static String number(double value) {
        return Math.abs(value) >= 1_000 ? String.format(Locale.ROOT, "%,.0f", value) : UnitPrinter.number(value);
    }

    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** {@code count(1, "stage")} is "1 stage". */
    static String count(long value, String noun) {
        return count(value) + " " + noun + (value == 1 ? "" : "s");
    }

    /** "a, b and c". */
    static String list(List<String> items) {
        int last = items.size() - 1;
        return last < 1
                ? String.join("", items)
                : String.join(", ", items.subList(0, last)) + " and " + items.get(last);
    }
}
