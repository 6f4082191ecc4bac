package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.SpecFolders;
import dev.dovetail.grammar.diagnostic.DiagnosticRenderer;
import dev.dovetail.grammar.syntax.SourceText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong with a spec is the user's to hear about: a diagnostic at a place, never an exception. */
class MutilatedSpecsTest {
    private static final List<String> WORDS = List.of(
            "0",
            "-1",
            "1e400",
            "3.5",
            "95%",
            "8 GB",
            "2 us",
            "none",
            "{",
            "}",
            "[",
            "]",
            "of",
            "x",
            "width",
            "\"x\"",
            "",
            "",
            "99999999999999999999",
            "0.0",
            "1T",
            "heads",
            "/ 0",
            "* 1e300 * 1e300",
            "[1, 2]",
            "(3)",
            "rope",
            "learned");

    static Stream<Path> specs() throws IOException {
        return Stream.concat(SpecFolders.specs(SpecFolders.EXAMPLES), SpecFolders.specs(SpecFolders.CATALOG));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void areAnsweredWithDiagnosticsAtRealPlaces(Path path) throws IOException {
        SourceText source = SpecFolders.read(path);
        Random random = new Random(11);
        for (int round = 0; round < 40; round++) {
            SourceText mutilated = new SourceText(source.name(), mutilate(source.text(), random));
            assertDoesNotThrow(() -> assertPlaced(Specs.resolve(mutilated, path.getParent())), mutilated::text);
        }
    }

    private static void assertPlaced(ResolvedSpec resolved) {
        var renderer = new DiagnosticRenderer(resolved.sources(), false);
        resolved.diagnostics().forEach(diagnostic -> {
            assertTrue(diagnostic.primary().span().line() > 0, diagnostic::toString);
            assertTrue(
                    resolved.sources().containsKey(diagnostic.primary().span().file()), diagnostic::toString);
            assertFalse(renderer.render(diagnostic).isEmpty());
        });
    }

    /** One to three words replaced, so that most of the spec still means something. */
    private static String mutilate(String text, Random random) {
        List<String> words = List.of(text.split("(?<=\\s)|(?=\\s)"));
        StringBuilder changed = new StringBuilder();
        double share = 2.0 / words.size();
        for (String word : words) {
            boolean replace = !word.isBlank() && random.nextDouble() < share;
            changed.append(replace ? WORDS.get(random.nextInt(WORDS.size())) : word);
        }
        return changed.toString();
    }
}
