package dev.dovetail.cli.validate.page;

import dev.dovetail.cli.validate.score.Coverage;
import dev.dovetail.cli.validate.score.Errors;
import dev.dovetail.cli.validate.score.TableScore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Scores as a page of Markdown: the tables where predictions are worst come first. The same scores give the same bytes. */
public final class AccuracyPage {
    private final List<TableScore> scores;
    private final StringBuilder page = new StringBuilder();

    private AccuracyPage(List<TableScore> scores) {
        this.scores = scores.stream()
                .sorted(Comparator.comparingDouble(AccuracyPage::badness)
                        .reversed()
                        .thenComparing(TableScore::table))
                .toList();
    }

    /** Tables that nothing could be predicted of are worse than any. */
    private static double badness(TableScore score) {
        return score.errors().map(Errors::mape).orElse(score.expressed() > 0 ? 0 : Double.MAX_VALUE);
    }

    /** @param drawing file beside the page that holds {@link ScatterSvg} */
    public static String of(List<TableScore> scores, Path drawing) {
        var writer = new AccuracyPage(scores);
        writer.summary();
        writer.scatter(drawing);
        writer.bars();
        writer.page.append(text("fitted.md"));
        writer.details();
        return writer.page.toString();
    }

    private static String text(String resource) {
        try (InputStream stream = AccuracyPage.class.getResourceAsStream(resource)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void line(String format, Object... figures) {
        page.append(String.format(Locale.ROOT, format, figures)).append('\n');
    }

    // --- the summary
    // ------------------------------------------------------------------------------------------------------

    private void summary() {
        line("# Accuracy");
        line("");
        line(
                "Written by `dovetail validate DIR --write docs/accuracy.md` from tables of published measurements; the tables where the");
        line(
                "predictions are worst come first. A row is planned the way `compile` plans a spec: what it states is fixed, what it leaves");
        line(
                "open is solved for. MAPE is the mean of |predicted / measured - 1|, bias the mean of predicted / measured - 1. The naive");
        line(
                "predictor knows no physics: each row runs at the median utilisation (or rate) of the table's other rows. **Bold** where");
        line("it is better than we are.");
        line("");
        line("| table | rows | predicted | MAPE %% | bias %% | median %% | 90th %% | naive MAPE %% | worst row |");
        line("|---|---:|---:|---:|---:|---:|---:|---:|---|");
        scores.forEach(this::row);
        line("");
    }

    private void row(TableScore score) {
        Optional<Errors> errors = score.errors();
        if (errors.isEmpty()) {
            line("| %s | %d | %d | | | | | | |", score.table(), score.rows().size(), score.expressed());
            return;
        }
        Errors e = errors.get();
        line(
                "| %s | %d | %d | %.1f | %+.1f | %.1f | %.1f | %s | %s %+.1f %% |",
                score.table(),
                score.rows().size(),
                score.expressed(),
                100 * e.mape(),
                100 * e.bias(),
                100 * e.median(),
                100 * e.ninetieth(),
                naive(score, e),
                e.worst().id(),
                100 * e.worst().value().error());
    }

    private static String naive(TableScore score, Errors ours) {
        return score.naiveErrors()
                .map(naive -> {
                    String figure = String.format(Locale.ROOT, "%.1f", 100 * naive.mape());
                    return naive.mape() < ours.mape() ? "**" + figure + "**" : figure;
                })
                .orElse("");
    }

    // --- the drawing
    // ------------------------------------------------------------------------------------------------------

    private void scatter(Path drawing) {
        line(
                "Predicted (up) against measured (right), both logarithmic, each table on a scale of its own. On the line a prediction is");
        line("right, in the band within 20 %%.");
        line("");
        line("![Predicted against measured, by table](%s)", drawing);
        line("");
    }

    // --- error bars
    // -------------------------------------------------------------------------------------------------------

    private void bars() {
        line("## Error bars");
        line("");
        line(
                "`low` and `high` of `--csv` are to hold four fifths of measured / predicted, as the *other* tables that measure the same");
        line(
                "quantity foretell: each counts alike, and one more that counts like them is taken to lie beyond (arXiv:2306.06342); no row is");
        line("judged by its own table. A single other table says how far off, not to which side: bars");
        line("are then as wide either way. Of the rows measured here, this share lies inside:");
        line("");
        line("| quantity | rows | inside %% |");
        line("|---|---:|---:|");
        Coverage.of(scores).forEach(each -> line("| %s | %d | %.0f |", each.quantity(), each.rows(), each.percent()));
        line("");
    }

    // --- table by table
    // ---------------------------------------------------------------------------------------------------

    private void details() {
        line("## Table by table");
        for (TableScore score : scores) {
            line("");
            line("### %s", score.table());
            line("");
            line(
                    "Measures: %s%s.%s",
                    score.quantity(),
                    score.unit().isEmpty() ? "" : ", in " + score.unit(),
                    score.naive().isEmpty() ? "" : " Naive: " + score.naive() + ".");
            if (!score.findings().isEmpty() || !ScoreText.reasons(score).isEmpty()) {
                line("");
            }
            score.findings().forEach(finding -> line("- %s", finding));
            ScoreText.reasons(score)
                    .forEach((reason, rows) ->
                            line("- not predicted, %d %s: %s", rows, rows == 1 ? "row" : "rows", reason));
        }
    }
}
