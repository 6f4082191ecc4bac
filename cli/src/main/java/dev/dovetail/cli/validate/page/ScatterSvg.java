package dev.dovetail.cli.validate.page;

import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.RowResult.Measured;
import dev.dovetail.cli.validate.score.TableScore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Predicted against measured, a square for each table on scales of its own, both logarithmic and alike: on the diagonal a
 * prediction is right, in the band around it within 20 %. The same scores give the same bytes.
 */
public final class ScatterSvg {
    private static final int COLUMNS = 5;
    private static final int SIDE = 150;
    private static final int GAP = 18;
    private static final int TITLE = 30;
    /** Bounds leave the outermost points a little room. */
    private static final double ROOM = 0.06;

    private static final double BAND = 1.2;

    private final StringBuilder svg = new StringBuilder();

    private ScatterSvg() {}

    /** A table and one of its two figures. */
    private record Panel(String title, List<Measured> points) {

        double mape() {
            return points.stream()
                    .mapToDouble(point -> Math.abs(point.error()))
                    .average()
                    .orElse(0);
        }
    }

    /** Tables of a quantity, and the memory of those that measure it; by name. */
    public static String of(List<TableScore> scores) {
        var panels = new ArrayList<Panel>();
        for (TableScore score : scores) {
            panel(score.table(), score, RowResult::value).ifPresent(panels::add);
            panel(score.table() + ", memory", score, RowResult::memory).ifPresent(panels::add);
        }
        panels.sort(Comparator.comparing(Panel::title));
        return new ScatterSvg().write(panels);
    }

    private static Optional<Panel> panel(String title, TableScore score, Function<RowResult, Measured> figure) {
        List<Measured> points = score.rows().stream()
                .map(figure)
                .filter(Measured::complete)
                .filter(point ->
                        point.measured().getAsDouble() > 0 && point.predicted().getAsDouble() > 0)
                .toList();
        return points.isEmpty() ? Optional.empty() : Optional.of(new Panel(title, points));
    }

    private String write(List<Panel> panels) {
        int rows = Math.ceilDiv(panels.size(), COLUMNS);
        int width = GAP + COLUMNS * (SIDE + GAP);
        int height = GAP + rows * (TITLE + SIDE + GAP);
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
                        + "aria-label=\"Predicted against measured, by table\" font-family=\"sans-serif\" font-size=\"10\">",
                width, height);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", width, height);
        for (int i = 0; i < panels.size(); i++) {
            int left = GAP + i % COLUMNS * (SIDE + GAP);
            int top = GAP + i / COLUMNS * (TITLE + SIDE + GAP) + TITLE;
            square(panels.get(i), left, top);
        }
        add("</svg>");
        return svg.toString();
    }

    private void add(String format, Object... figures) {
        svg.append(String.format(Locale.ROOT, format, figures)).append('\n');
    }

    private void square(Panel panel, int left, int top) {
        add("<g transform=\"translate(%d %d)\">", left, top);
        add("<text y=\"-17\" fill=\"#222\">%s</text>", panel.title());
        add("<text y=\"-5\" fill=\"#777\">%s</text>", caption(panel));
        Scale scale = Scale.of(panel.points());
        double band = scale.place(BAND) - scale.place(1);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#f4f4f4\"/>", SIDE, SIDE);
        add(
                "<path d=\"M0 %1$d V%2$.1f L%2$.1f 0 H%1$d V%3$.1f L%3$.1f %1$d Z\" fill=\"#dfe8f5\"/>",
                SIDE, Math.max(0, SIDE - band), Math.min(SIDE, band));
        add("<path d=\"M0 %1$d L%1$d 0\" stroke=\"#8aa\" fill=\"none\"/>", SIDE);
        add(
                "<path d=\"%s\" stroke=\"#c2702a\" stroke-width=\"3\" stroke-linecap=\"round\" stroke-opacity=\"0.55\"/>",
                dots(panel.points(), scale));
        add("</g>");
    }

    private static String caption(Panel panel) {
        int rows = panel.points().size();
        return String.format(Locale.ROOT, "%d %s, MAPE %.1f %%", rows, rows == 1 ? "row" : "rows", 100 * panel.mape());
    }

    /** Measured to the right, predicted upwards; points on the same place are drawn once. */
    private static String dots(List<Measured> points, Scale scale) {
        Set<String> dots = new LinkedHashSet<>();
        for (Measured point : points) {
            dots.add(String.format(
                    Locale.ROOT,
                    "M%.1f %.1fh0",
                    scale.place(point.measured().getAsDouble()),
                    SIDE - scale.place(point.predicted().getAsDouble())));
        }
        return String.join("", dots);
    }

    /** Logarithms from {@code low} on as places along a side. */
    private record Scale(double low, double span) {

        static Scale of(List<Measured> points) {
            double low = Double.POSITIVE_INFINITY;
            double high = Double.NEGATIVE_INFINITY;
            for (Measured point : points) {
                double measured = Math.log(point.measured().getAsDouble());
                double predicted = Math.log(point.predicted().getAsDouble());
                low = Math.min(low, Math.min(measured, predicted));
                high = Math.max(high, Math.max(measured, predicted));
            }
            // A single point, or equal ones, still need a scale: that of the band.
            double span = Math.max(high - low, 2 * Math.log(BAND)) * (1 + 2 * ROOM);
            return new Scale((low + high - span) / 2, span);
        }

        double place(double value) {
            return SIDE * (Math.log(value) - low) / span;
        }
    }
}
