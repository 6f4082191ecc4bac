package dev.dovetail.cli.validate.page;

import dev.dovetail.cli.validate.score.ErrorBars;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.CsvText;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** Every row of every table as a line; figures that there are not stay empty. */
public final class ScoreCsv {
    public static final String HEADER = "table,id,measured_seconds,predicted_seconds,low_seconds,high_seconds,"
            + "measured_memory_bytes,predicted_memory_bytes,status,reason,"
            + "quantity,unit,measured,predicted,low,high,naive,memory_parts";

    private static final String SECONDS = "s";

    private ScoreCsv() {}

    /**
     * Columns that name a unit are empty in tables that measure something else; {@code measured} to {@code high} are in the
     * table's own. {@code status} is {@code predicted}, {@code out_of_memory} where we say that the plan does not fit, or
     * {@code not_expressed}, with its reason.
     */
    public static String of(List<TableScore> scores) {
        var text = new StringBuilder(HEADER).append('\n');
        for (TableScore score : scores) {
            ErrorBars bars = ErrorBars.of(score, scores);
            for (RowResult row : score.rows()) {
                text.append(line(score, bars, row)).append('\n');
            }
        }
        return text.toString();
    }

    private static String line(TableScore score, ErrorBars bars, RowResult row) {
        OptionalDouble predicted = row.value().predicted();
        OptionalDouble low = bars.known() ? times(predicted, bars.low()) : OptionalDouble.empty();
        OptionalDouble high = bars.known() ? times(predicted, bars.high()) : OptionalDouble.empty();
        boolean timed = score.unit().equals(SECONDS);
        return String.join(
                ",",
                CsvText.quote(score.table()),
                CsvText.quote(row.id()),
                number(only(timed, row.value().measured())),
                number(only(timed, predicted)),
                number(only(timed, low)),
                number(only(timed, high)),
                number(row.memory().measured()),
                number(row.memory().predicted()),
                status(row),
                CsvText.quote(row.reason()),
                CsvText.quote(score.quantity()),
                CsvText.quote(score.unit()),
                number(row.value().measured()),
                number(predicted),
                number(low),
                number(high),
                number(row.naive()),
                CsvText.quote(parts(row.account())));
    }

    /** What a device's memory is predicted to hold, in bytes: {@code parameters 1024 + gradients 2048}. */
    private static String parts(Map<String, Long> account) {
        return account.entrySet().stream()
                .filter(part -> part.getValue() != 0)
                .map(part -> part.getKey() + " " + part.getValue())
                .collect(Collectors.joining(" + "));
    }

    private static String status(RowResult row) {
        if (!row.expressed()) {
            return "not_expressed";
        }
        return row.predictedToRunOut() ? "out_of_memory" : "predicted";
    }

    private static OptionalDouble only(boolean condition, OptionalDouble value) {
        return condition ? value : OptionalDouble.empty();
    }

    private static OptionalDouble times(OptionalDouble value, double factor) {
        return value.isPresent() ? OptionalDouble.of(value.getAsDouble() * factor) : OptionalDouble.empty();
    }

    /** Printed to be read back exactly. */
    private static String number(OptionalDouble value) {
        return value.isPresent() ? Double.toString(value.getAsDouble()) : "";
    }
}
