package dev.dovetail.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.Specs;
import dev.dovetail.grammar.syntax.SourceText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Wrong specs that say what is wrong with them: a comment {@code // error[code] at LINE:COLUMN: part of the message} for
 * each diagnostic. One that is missing fails the test, and so does one that is not announced. A new file is a new test.
 */
class BadSpecTest {
    private static final Pattern EXPECTATION =
            Pattern.compile("// (error|warning)\\[([a-z-]+)] at (\\d+):(\\d+): (.*)");

    private record Expectation(String place, String message) {
        boolean isMetBy(Diagnostic diagnostic) {
            return place.equals(placeOf(diagnostic)) && diagnostic.message().contains(message);
        }
    }

    static Stream<Path> badSpecs() throws IOException {
        return SpecFolders.specs(SpecFolders.BAD);
    }

    @ParameterizedTest
    @MethodSource("badSpecs")
    void reportsExactlyWhatItAnnounces(Path path) throws IOException {
        SourceText source = SpecFolders.read(path);
        List<Expectation> missing = new ArrayList<>(expectations(source.text()));
        assertFalse(missing.isEmpty(), "a bad spec announces at least one error");
        List<String> unexpected = new ArrayList<>();
        for (Diagnostic diagnostic : diagnostics(source, path)) {
            if (!removeFirstMet(missing, diagnostic)) {
                unexpected.add("// " + placeOf(diagnostic) + ": " + diagnostic.message());
            }
        }
        assertEquals(List.of(), unexpected, "unexpected; missing: " + missing);
        assertEquals(List.of(), missing, "missing");
    }

    /** What is wrong in form is judged by the parser alone: it would mean nothing anyway. */
    private static List<Diagnostic> diagnostics(SourceText source, Path path) {
        boolean form = path.getParent().endsWith("syntax");
        return form
                ? SpecParser.parse(source).diagnostics()
                : Specs.resolve(source, path.getParent()).diagnostics();
    }

    private static boolean removeFirstMet(List<Expectation> expectations, Diagnostic diagnostic) {
        for (Expectation expectation : expectations) {
            if (expectation.isMetBy(diagnostic)) {
                return expectations.remove(expectation);
            }
        }
        return false;
    }

    private static List<Expectation> expectations(String text) {
        return EXPECTATION
                .matcher(text)
                .results()
                .map(m -> new Expectation(
                        m.group(1) + "[" + m.group(2) + "] at " + m.group(3) + ":" + m.group(4), m.group(5)))
                .toList();
    }

    private static String placeOf(Diagnostic diagnostic) {
        String severity = switch (diagnostic.severity()) {
            case ERROR -> "error";
            case WARNING -> "warning";
        };
        return severity + "[" + diagnostic.code().text() + "] at "
                + diagnostic.primary().span().line() + ":"
                + diagnostic.primary().span().column();
    }
}
