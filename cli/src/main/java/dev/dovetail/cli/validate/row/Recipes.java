package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What published recipes of measured runs set that tables of the runs leave out. */
final class Recipes {
    private final List<MeasuredRow> rows;

    private Recipes(List<MeasuredRow> rows) {
        this.rows = rows;
    }

    static Recipes shipped() {
        try (InputStream stream = Recipes.class.getResourceAsStream("recipes.csv")) {
            return new Recipes(MeasuredTable.parse("recipes", new String(stream.readAllBytes(), StandardCharsets.UTF_8))
                    .rows());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How a run that a table counts as sharding its optimizer alone shards, where its recipe says more. */
    Optional<String> shard(MeasuredRow run) {
        return find(run).map(recipe -> recipe.word("shard")).filter(word -> !word.isEmpty());
    }

    /** What classes of linear layers multiply in, the others in {@code usual}. */
    ProductFormats formats(MeasuredRow run, ProductFormat usual) {
        var formats = ProductFormats.of(usual);
        String[] said =
                find(run).map(recipe -> recipe.word("formats").split(" ")).orElse(new String[0]);
        for (int i = 0; i + 1 < said.length; i += 2) {
            formats = formats.with(
                    ProductClass.valueOf(said[i].toUpperCase(Locale.ROOT)),
                    ProductFormat.of(said[i + 1]).orElseThrow());
        }
        return formats;
    }

    private Optional<MeasuredRow> find(MeasuredRow run) {
        boolean theirs = run.word("framework").startsWith("megatron-bridge");
        return rows.stream()
                .filter(recipe -> theirs
                        && KnownModels.key(recipe.word("model")).equals(KnownModels.key(run.word("model")))
                        && agrees(recipe, run, "pp")
                        && agrees(recipe, run, "precision"))
                .findFirst();
    }

    private static boolean agrees(MeasuredRow recipe, MeasuredRow run, String column) {
        return recipe.word(column).isEmpty() || recipe.word(column).equals(run.word(column));
    }
}
