package dev.dovetail.grammar.diagnostic;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * The known name a person most likely meant: least edit distance (Damerau: insert, delete, replace, swap neighbours),
 * ties to the first listed, and none at all when more than a third of the letters would have to change.
 */
public final class NearestName {
    private NearestName() {}

    public static Optional<String> of(String written, Iterable<String> known) {
        return StreamSupport.stream(known.spliterator(), false)
                .filter(name -> !name.equals(written))
                .filter(name -> distance(written, name) <= tolerance(written, name))
                .min(Comparator.comparingInt(name -> distance(written, name)));
    }

    /** A slip in short words, about one letter in three in longer ones. */
    private static int tolerance(String written, String name) {
        return Math.max(1, Math.max(written.length(), name.length()) / 3);
    }

    /** Edits from {@code a} to {@code b}, ignoring case. */
    static int distance(String a, String b) {
        String from = a.toLowerCase(Locale.ROOT);
        String to = b.toLowerCase(Locale.ROOT);
        int[][] edits = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                edits[i][j] = i == 0 || j == 0 ? i + j : fewestEdits(edits, from, to, i, j);
            }
        }
        return edits[from.length()][to.length()];
    }

    private static int fewestEdits(int[][] edits, String from, String to, int i, int j) {
        int replace = edits[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        int insertOrDelete = Math.min(edits[i - 1][j], edits[i][j - 1]) + 1;
        int best = Math.min(replace, insertOrDelete);
        boolean swapped =
                i > 1 && j > 1 && from.charAt(i - 1) == to.charAt(j - 2) && from.charAt(i - 2) == to.charAt(j - 1);
        return swapped ? Math.min(best, edits[i - 2][j - 2] + 1) : best;
    }
}
