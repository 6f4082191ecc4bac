package dev.dovetail.cli.validate.table;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * One line of a table: what somebody ran and measured.
 *
 * @param id as the table says, or its name and line
 * @param cells by column; columns that the line lacks are absent
 */
public record MeasuredRow(String id, Map<String, String> cells) {

    public MeasuredRow {
        cells = Collections.unmodifiableMap(new LinkedHashMap<>(cells));
    }

    /** Empty where the column is absent or blank. */
    public Optional<String> find(String column) {
        return Optional.ofNullable(cells.get(column)).map(String::strip).filter(text -> !text.isEmpty());
    }

    /** In lower case; {@code ""} where the column is absent or blank. */
    public String word(String column) {
        return find(column).orElse("").toLowerCase(Locale.ROOT);
    }

    public String text(String column) {
        return find(column).orElseThrow(() -> new Unexpressed("the row does not say `" + column + "`"));
    }

    /** Above zero; throws {@link Unexpressed} where the cell is anything else but blank. */
    public OptionalDouble findNumber(String column) {
        Optional<String> text = find(column);
        if (text.isEmpty()) {
            return OptionalDouble.empty();
        }
        double value;
        try {
            value = Double.parseDouble(text.get());
        } catch (NumberFormatException notANumber) {
            throw new Unexpressed("`" + column + "` is not a number: " + text.get());
        }
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new Unexpressed("`" + column + "` is not a positive number: " + text.get());
        }
        return OptionalDouble.of(value);
    }

    public double number(String column) {
        return findNumber(column).orElseThrow(() -> new Unexpressed("the row does not say `" + column + "`"));
    }

    /** A whole number of at least one; throws {@link Unexpressed} where the cell is anything else but blank. */
    public OptionalInt findCount(String column) {
        OptionalDouble value = findNumber(column);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        if (value.getAsDouble() != Math.rint(value.getAsDouble()) || value.getAsDouble() > Integer.MAX_VALUE) {
            throw new Unexpressed(
                    "`" + column + "` is not a whole number: " + find(column).orElseThrow());
        }
        return OptionalInt.of((int) value.getAsDouble());
    }

    public int count(String column) {
        return findCount(column).orElseThrow(() -> new Unexpressed("the row does not say `" + column + "`"));
    }
}
