package dev.dovetail.optimizer.accuracy;

import dev.dovetail.ir.plan.ErrorBars;
import dev.dovetail.ir.plan.ErrorBars.Range;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The file of error bars that {@code dovetail validate DIR --bars FILE} writes: one line a quantity, with the factors on a prediction
 * that four fifths of the measurements lie between.
 */
public final class PublishedErrors {
    public static final String STEP = "time of a step";
    public static final String MEMORY = "memory";

    private static final String HEADER = "quantity,low,high";
    private static final int COLUMNS = 3;

    private PublishedErrors() {}

    /** Of the tables that this version was validated against; empty where it was not. */
    public static Optional<ErrorBars> shipped() {
        return resource("published.csv").flatMap(PublishedErrors::read);
    }

    /** The drawing that was written beside the file: predicted against measured, in SVG. */
    public static Optional<String> drawing() {
        return resource("published.svg");
    }

    private static Optional<String> resource(String name) {
        try (InputStream file = PublishedErrors.class.getResourceAsStream(name)) {
            return file == null
                    ? Optional.empty()
                    : Optional.of(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    static Optional<ErrorBars> read(String csv) {
        Map<String, Range> ranges = new HashMap<>();
        csv.lines()
                .skip(1)
                .map(line -> List.of(line.split(",")))
                .filter(cells -> cells.size() == COLUMNS)
                .forEach(cells -> ranges.put(
                        cells.getFirst(),
                        new Range(Double.parseDouble(cells.get(1)), Double.parseDouble(cells.get(2)))));
        return Optional.ofNullable(ranges.get(STEP))
                .flatMap(step -> Optional.ofNullable(ranges.get(MEMORY)).map(memory -> new ErrorBars(step, memory)));
    }

    /** The file, by quantity. */
    public static String write(Map<String, Range> ranges) {
        var text = new StringBuilder(HEADER).append('\n');
        ranges.forEach((quantity, range) ->
                text.append(String.format(Locale.ROOT, "%s,%.4f,%.4f%n", quantity, range.low(), range.high())));
        return text.toString();
    }
}
