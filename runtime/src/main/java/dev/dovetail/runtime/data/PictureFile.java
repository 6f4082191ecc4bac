package dev.dovetail.runtime.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Pictures as rows of a CSV file, packed by gzip where its name ends so: the elements of a picture, then its class.
 *
 * @param label as the spec names it
 * @param elements of a picture
 * @param classes there are, counted from 0; 0 where nothing is learnt of them
 */
public record PictureFile(String label, Path file, int elements, int classes) {
    private static final String PACKED = ".gz";

    /** Where systems keep what Python's scikit-learn brings along: 1,797 handwritten digits of 8 x 8 (Alpaydin and Kaynak 1998). */
    private static final List<String> DIGITS = List.of(
            "/usr/lib/python3/dist-packages",
            "/usr/local/lib/python3/dist-packages",
            "/usr/lib/python3/site-packages",
            "/usr/lib64/python3/site-packages");

    private static final String INSIDE = "sklearn/datasets/data/digits.csv.gz";

    public static PictureFile of(Path file, int elements, int classes) {
        return new PictureFile("images \"" + file + "\"", file, elements, classes);
    }

    /** The digits of the scikit-learn that is installed here. */
    public static PictureFile digits(int elements, int classes) {
        Path file = DIGITS.stream()
                .map(folder -> Path.of(folder, INSIDE))
                .filter(Files::isReadable)
                .findFirst()
                .orElse(Path.of(DIGITS.getFirst(), INSIDE));
        return new PictureFile("digits", file, elements, classes);
    }

    /** Reads it all; throws {@link DataException} if it is missing or wrong, with the line. */
    public Pictures read() {
        if (!Files.isRegularFile(file)) {
            throw missing();
        }
        var rows = new ArrayList<float[]>();
        var labels = new ArrayList<Integer>();
        try (InputStream raw = Files.newInputStream(file);
                InputStream plain = file.toString().endsWith(PACKED) ? new GZIPInputStream(raw) : raw;
                BufferedReader lines = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            for (int number = 1; line != null; number++, line = lines.readLine()) {
                if (!line.isBlank()) {
                    labels.add(read(number, line.strip(), rows));
                }
            }
        } catch (ZipException e) {
            throw new DataException("`" + file + "` is no gzip file: " + e.getMessage(), "unpack or replace it", e);
        } catch (IOException e) {
            throw new DataException("`" + file + "` cannot be read: " + e.getMessage(), "check its permissions", e);
        }
        return pictures(rows, labels);
    }

    private DataException missing() {
        if (Files.isDirectory(file)) {
            return new DataException(
                    "`" + file + "` is a folder, and pictures are read from a file",
                    "give a CSV file with a picture in each row, its class last");
        }
        return label.equals("digits")
                ? new DataException(
                        "no handwritten digits are installed here: `" + file + "` is missing",
                        "install scikit-learn (on Debian: apt install python3-sklearn), or name a file of your own in"
                                + " the job, a picture in each row and its class last: `data file \"digits.csv\"`")
                : new DataException(
                        "the data file `" + file.toAbsolutePath() + "` does not exist",
                        "check the path; it is relative to the folder the job is run in");
    }

    /** The class; the picture goes to {@code rows}. */
    private int read(int line, String text, List<float[]> rows) {
        String[] cells = text.split(",", -1);
        if (cells.length != elements + 1) {
            throw wrong(
                    line,
                    "has " + cells.length + " numbers, and a picture of this model has " + elements + " and a class",
                    "the model's `size` and `channels` must be the file's");
        }
        float[] picture = new float[elements];
        for (int i = 0; i < elements; i++) {
            picture[i] = (float) number(line, i, cells[i].strip());
        }
        rows.add(picture);
        return classOf(line, cells[elements].strip());
    }

    private double number(int line, int column, String cell) {
        double value = Double.NaN;
        try {
            value = Double.parseDouble(cell);
        } catch (NumberFormatException e) {
            // Told below, as what is no number is.
        }
        if (!Double.isFinite(value)) {
            throw wrong(
                    line, "column " + (column + 1) + ": `" + cell + "` is no number", "mend it or leave the row out");
        }
        return value;
    }

    private int classOf(int line, String cell) {
        double value = number(line, elements, cell);
        boolean known = value == Math.rint(value) && value >= 0 && (classes == 0 || value < classes);
        if (!known) {
            throw wrong(
                    line,
                    "column " + (elements + 1) + ": there is no class `" + cell + "`",
                    "classes are whole numbers from 0"
                            + (classes == 0 ? "" : " to " + (classes - 1) + ", as the model's `condition` says"));
        }
        return (int) value;
    }

    private DataException wrong(int line, String what, String help) {
        return new DataException("`" + file + "`, line " + line + ", " + what, help);
    }

    /** From the file's own range to -1 to 1. */
    private Pictures pictures(List<float[]> rows, List<Integer> labels) {
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        float[] values = new float[Math.multiplyExact(rows.size(), elements)];
        for (int row = 0; row < rows.size(); row++) {
            for (int i = 0; i < elements; i++) {
                float value = rows.get(row)[i];
                least = Math.min(least, value);
                most = Math.max(most, value);
                values[row * elements + i] = value;
            }
        }
        if (!(least < most)) {
            throw new DataException(
                    "the pictures of `" + file + "` " + (rows.isEmpty() ? "are none" : "are all alike"),
                    "give a file with pictures in it");
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * (values[i] - least) / (most - least) - 1;
        }
        return new Pictures(
                label,
                elements,
                values,
                labels.stream().mapToInt(Integer::intValue).toArray());
    }
}
