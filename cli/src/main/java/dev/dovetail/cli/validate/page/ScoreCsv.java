package dev.dovetail.cli.validate.page;

import dev.dovetail.cli.validate.score.ErrorBars;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.CsvText;
import dev.dovetail.ir.units.Bytes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Every row of every table as a line; figures that there are not stay empty. */
public final class ScoreCsv {
    public static final String HEADER =
            "id,measured,predicted,low,high,memory,memory_measured,out_of_memory,naive,unit,table,reason";

    private ScoreCsv() {}

    /** Memory is in GiB, {@code out_of_memory} is predicted. */
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
        String out = row.capacity().isPresent() && row.memory().predicted().isPresent()
                ? row.predictedToRunOut() ? "yes" : "no"
                : "";
        return String.join(
                ",",
                CsvText.quote(row.id()),
                number(row.value().measured()),
                number(predicted),
                number(low),
                number(high),
                number(times(row.memory().predicted(), 1.0 / Bytes.ofGib(1).count())),
                number(times(row.memory().measured(), 1.0 / Bytes.ofGib(1).count())),
                out,
                number(row.naive()),
                CsvText.quote(score.unit()),
                CsvText.quote(score.table()),
                CsvText.quote(row.reason()));
    }

    private static OptionalDouble times(OptionalDouble value, double factor) {
        return value.isPresent() ? OptionalDouble.of(value.getAsDouble() * factor) : OptionalDouble.empty();
    }

    private static String number(OptionalDouble value) {
        return value.isPresent()
                ? Optional.of(String.format(Locale.ROOT, "%.6g", value.getAsDouble()))
                        .filter(text -> !text.contains("e"))
                        .orElse(Double.toString(value.getAsDouble()))
                : "";
    }
}
