package dev.dovetail.runtime.sample;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The words of a text: identifiers and keywords, as programming languages spell them. */
final class KnownWords {
    /** Not the tail of a number: 0x1F holds no word. */
    private static final Pattern WORD = Pattern.compile("(?<![\\w$])[\\p{Alpha}_$][\\w$]*");

    private final Set<String> words;

    /** How many words a text has, each as often as it stands there, and how many of them are known. */
    record Share(long words, long known) {
        double of100() {
            return words == 0 ? 0 : 100.0 * known / words;
        }
    }

    private KnownWords(Set<String> words) {
        this.words = words;
    }

    static KnownWords of(byte[] text) {
        return new KnownWords(
                words(new String(text, StandardCharsets.ISO_8859_1)).collect(Collectors.toSet()));
    }

    /** @param text whose last word may be cut off, and does not count */
    Share in(String text) {
        int end = text.length();
        while (end > 0 && isWordCharacter(text.charAt(end - 1))) {
            end--;
        }
        var written = words(text.substring(0, end)).toList();
        return new Share(
                written.size(), written.stream().filter(words::contains).count());
    }

    private static boolean isWordCharacter(char c) {
        return c == '_' || c == '$' || (c < 128 && Character.isLetterOrDigit(c));
    }

    private static Stream<String> words(String text) {
        return WORD.matcher(text).results().map(MatchResult::group);
    }
}
