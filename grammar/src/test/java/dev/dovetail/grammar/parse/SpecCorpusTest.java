package dev.dovetail.grammar.parse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.SpecFolders;
import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SyntaxPrinter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Specs that people copy, and specs in another hand's layout: all parse, and formatting keeps what they say. */
class SpecCorpusTest {

    static Stream<Path> examples() throws IOException {
        return SpecFolders.specs(SpecFolders.EXAMPLES);
    }

    static Stream<Path> allSpecs() throws IOException {
        return Stream.of(SpecFolders.EXAMPLES, SpecFolders.GOOD, SpecFolders.CATALOG)
                .flatMap(folder -> {
                    try {
                        return SpecFolders.specs(folder);
                    } catch (IOException e) {
                        throw new IllegalStateException("cannot list " + folder, e);
                    }
                });
    }

    @ParameterizedTest
    @MethodSource("allSpecs")
    void parsesWithoutComplaint(Path path) throws IOException {
        ParsedSpec parsed = SpecParser.parse(SpecFolders.read(path));
        assertEquals(List.of(), parsed.diagnostics());
        assertTrue(!parsed.file().declarations().isEmpty(), "declares something");
    }

    @ParameterizedTest
    @MethodSource("allSpecs")
    void formattingKeepsTheMeaningAndRests(Path path) throws IOException {
        ParsedSpec parsed = SpecParser.parse(SpecFolders.read(path));
        String formatted = SpecFormatter.format(parsed.file());
        ParsedSpec again = SpecParser.parse(new SourceText("formatted", formatted));
        assertEquals(SyntaxPrinter.print(parsed.file()), SyntaxPrinter.print(again.file()));
        assertEquals(formatted, SpecFormatter.format(again.file()));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void examplesAreInCanonicalLayout(Path path) throws IOException {
        SourceText source = SpecFolders.read(path);
        assertEquals(
                source.text(), SpecFormatter.format(SpecParser.parse(source).file()));
    }

    @Test
    void findsTheExamples() throws IOException {
        assertTrue(examples().count() >= 8, "the specs folder lies beside the modules");
    }
}
