package dev.dovetail.runtime.data;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What is said of a picture that is shown: its class as a number, or the name of its class in words.
 *
 * @param idle rows of the picture's input that hold no patch and stand first
 * @param rows places of a text that the picture takes; 0 where its class is a number
 */
public record Telling(int idle, int rows) {
    /** Ends a name. */
    private static final byte END = '\n';

    private static final List<String> DIGITS =
            List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

    public boolean inWords() {
        return rows > 0;
    }

    /** The name of a class. */
    public static String word(int label) {
        return label < DIGITS.size() ? DIGITS.get(label) : Integer.toString(label);
    }

    /** The name of a class, and its end. */
    static byte[] name(int label) {
        return (word(label) + (char) END).getBytes(StandardCharsets.US_ASCII);
    }

    /** What stands at {@code place} of the text behind the picture; the end goes on for ever. */
    static int letter(int label, int place) {
        byte[] name = name(label);
        return place < name.length ? name[place] : END;
    }
}
