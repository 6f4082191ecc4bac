package dev.dovetail.backends.launch.handover;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A system's own list of settings, kept as a table: names, kinds of value, and the values allowed where it lists them.
 *
 * @param commit that the list was read at
 */
record KnownSettings(String repository, String commit, Map<String, Known> settings) {

    record Known(String kind, List<String> allowed) {}

    static KnownSettings of(String target) throws IOException {
        try (InputStream table = KnownSettings.class.getResourceAsStream(target + ".tsv")) {
            List<String> lines = new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            Map<String, Known> settings = new LinkedHashMap<>();
            lines.stream().filter(line -> !line.startsWith("#")).forEach(line -> {
                String[] cells = line.split("\t", -1);
                settings.put(
                        cells[0], new Known(cells[1], cells.length > 2 ? List.of(cells[2].split(",", -1)) : List.of()));
            });
            return new KnownSettings(headed(lines, "# repository "), headed(lines, "# commit "), settings);
        }
    }

    private static String headed(List<String> lines, String begin) {
        return lines.stream()
                .filter(line -> line.startsWith(begin))
                .map(line -> line.substring(begin.length()))
                .findFirst()
                .orElseThrow();
    }

    /** @param value as the file has it; empty for a flag without one */
    void accept(String name, String value) {
        Known known = settings.get(name);
        assertTrue(known != null, () -> name + " is no setting of " + repository + " at " + commit);
        boolean fits = switch (known.kind()) {
            case "flag" -> value.isEmpty();
            case "value" -> !value.isEmpty();
            case "integer" -> value.equals("null") || value.matches("-?\\d+");
            case "number" -> value.matches("-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?");
            case "boolean" -> value.equals("true") || value.equals("false");
            default -> !value.isEmpty();
        };
        assertTrue(fits, () -> name + " takes a " + known.kind() + ", not `" + value + "`");
        assertTrue(
                known.allowed().isEmpty()
                        || value.equals("null")
                        || known.allowed().contains(value),
                () -> name + " takes one of " + known.allowed() + ", not `" + value + "`");
    }
}
