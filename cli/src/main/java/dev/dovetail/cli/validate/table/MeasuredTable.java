package dev.dovetail.cli.validate.table;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A file of measurements.
 *
 * @param name of the file, without its ending
 * @param header the comment lines, joined: where the figures are from and by which convention
 */
public record MeasuredTable(String name, String header, Set<String> columns, List<MeasuredRow> rows) {

    public MeasuredTable {
        columns = Set.copyOf(columns);
        rows = List.copyOf(rows);
    }

    /** Whether it has all of these columns. */
    public boolean has(String... needed) {
        return columns.containsAll(List.of(needed));
    }

    /** Whether it has any of these columns. */
    public boolean hasAny(List<String> wanted) {
        return wanted.stream().anyMatch(columns::contains);
    }

    /** Reads a file; a text in another encoding than UTF-8 is a table without columns. */
    public static MeasuredTable read(Path file) throws IOException {
        String name = file.getFileName().toString().replaceFirst("\\.csv$", "");
        try {
            return parse(name, Files.readString(file));
        } catch (MalformedInputException notText) {
            return new MeasuredTable(name, "", Set.of(), List.of());
        }
    }

    /** What spreadsheets write before a text in UTF-8. */
    private static final String BYTE_ORDER_MARK = "\ufeff";

    /** Lines that begin with # are comments. */
    public static MeasuredTable parse(String name, String file) {
        String text = file.startsWith(BYTE_ORDER_MARK) ? file.substring(1) : file;
        String header = text.lines()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.substring(1).strip())
                .collect(Collectors.joining(" "));
        String body = text.lines().filter(line -> !line.startsWith("#")).collect(Collectors.joining("\n"));
        List<List<String>> records = CsvText.records(body);
        if (records.isEmpty()) {
            return new MeasuredTable(name, header, Set.of(), List.of());
        }
        List<String> columns = records.getFirst().stream()
                .map(column -> column.strip().toLowerCase(Locale.ROOT))
                .toList();
        var rows = new ArrayList<MeasuredRow>();
        for (int i = 1; i < records.size(); i++) {
            rows.add(row(name, i, columns, records.get(i)));
        }
        return new MeasuredTable(name, header, Set.copyOf(columns), rows);
    }

    private static MeasuredRow row(String table, int number, List<String> columns, List<String> fields) {
        var cells = new LinkedHashMap<String, String>();
        for (int i = 0; i < Math.min(columns.size(), fields.size()); i++) {
            cells.putIfAbsent(columns.get(i), fields.get(i));
        }
        String id = cells.getOrDefault("id", "").strip();
        return new MeasuredRow(id.isEmpty() ? table + "#" + number : id, cells);
    }
}
