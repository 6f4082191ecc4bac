package dev.dovetail.cli.validate.page;

import dev.dovetail.cli.validate.score.Errors;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A table's score as lines of text. */
public final class ScoreText {
    private ScoreText() {}

    public static List<String> lines(TableScore score) {
        var lines = new ArrayList<String>();
        lines.add(score.table() + ": " + score.quantity());
        score.errors()
                .ifPresentOrElse(
                        errors -> lines.add("  " + accuracy(score, errors)),
                        () -> lines.add(String.format(
                                Locale.ROOT,
                                "  %d rows, %d predicted",
                                score.rows().size(),
                                score.expressed())));
        score.findings().forEach(finding -> lines.add("  " + finding));
        reasons(score).forEach((reason, rows) -> lines.add("  not predicted: " + rows(rows) + ": " + reason));
        return lines;
    }

    private static String accuracy(TableScore score, Errors errors) {
        String naive = score.naiveErrors()
                .map(n -> String.format(Locale.ROOT, ", naive %.1f %%", 100 * n.mape()))
                .orElse("");
        return String.format(
                Locale.ROOT,
                "%d rows, %d predicted, %d compared: MAPE %.1f %%, bias %+.1f %%, median %.1f %%, 90th %.1f %%, worst %s %+.1f %%%s",
                score.rows().size(),
                score.expressed(),
                errors.rows(),
                100 * errors.mape(),
                100 * errors.bias(),
                100 * errors.median(),
                100 * errors.ninetieth(),
                errors.worst().id(),
                100 * errors.worst().value().error(),
                naive);
    }

    private static String rows(int count) {
        return count == 1 ? "1 row" : count + " rows";
    }

    /** How many rows each reason keeps from being predicted. */
    static Map<String, Integer> reasons(TableScore score) {
        var reasons = new LinkedHashMap<String, Integer>();
        score.rows().stream()
                .filter(row -> !row.expressed())
                .map(RowResult::reason)
                .forEach(reason -> reasons.merge(reason, 1, Integer::sum));
        return reasons;
    }
}
