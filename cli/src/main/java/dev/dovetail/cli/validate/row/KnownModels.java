package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Architectures by name: from the tables being read first, then from those that ship with the tool. */
public final class KnownModels {
    private final List<MeasuredRow> rows = new ArrayList<>();

    /** @param tables any tables; those that list models are used */
    public KnownModels(List<MeasuredTable> tables) {
        tables.stream().filter(KnownModels::listsModels).forEach(table -> rows.addAll(table.rows()));
        rows.addAll(shipped().rows());
    }

    /** Whether a table describes models and measures nothing. */
    public static boolean listsModels(MeasuredTable table) {
        return table.has("model", "layers", "hidden", "heads", "ffn", "vocab")
                && !table.columns().contains("gpu");
    }

    private static MeasuredTable shipped() {
        try (InputStream stream = KnownModels.class.getResourceAsStream("architectures.csv")) {
            return MeasuredTable.parse("architectures", new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sizes of the model that a row names, from all tables that list it, the first to say something first; a model of one
     * framework is found only in rows of that framework. What follows a space, such as the stage that was measured, may say more than
     * the model's name.
     */
    Optional<Map<String, String>> find(MeasuredRow row) {
        String words = row.word("model").strip();
        int end = words.indexOf(' ');
        return find(row, words).or(() -> end < 0 ? Optional.empty() : find(row, words.substring(0, end)));
    }

    private Optional<Map<String, String>> find(MeasuredRow row, String model) {
        String name = key(model);
        return rows.stream()
                .filter(known -> key(known.word("model")).equals(name))
                .filter(known -> row.word("framework").startsWith(known.word("framework")))
                .map(KnownModels::sizes)
                .reduce(KnownModels::completed);
    }

    private static Map<String, String> completed(Map<String, String> said, Map<String, String> further) {
        var all = new LinkedHashMap<>(further);
        said.forEach((column, text) -> {
            if (!text.isBlank()) {
                all.put(column, text);
            }
        });
        return all;
    }

    private static Map<String, String> sizes(MeasuredRow known) {
        var sizes = new LinkedHashMap<>(known.cells());
        List.of("id", "model", "source_kind", "framework", "note").forEach(sizes::remove);
        return sizes;
    }

    /** {@code Llama3.1-405B} and {@code llama3-405b} are one model: minor versions of Llama 3 share their sizes. */
    static String key(String name) {
        return name.toLowerCase(Locale.ROOT).replace("llama3.1", "llama3").replaceAll("[-_ ]", "");
    }
}
