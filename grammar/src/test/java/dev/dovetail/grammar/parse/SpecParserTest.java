package dev.dovetail.grammar.parse;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.SpecFolders;
import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Node;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.SyntaxPrinter;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecParserTest {

    @ParameterizedTest
    @CsvSource({"300B, 300000000000", "400k, 400000", "1T, 1000000000000", "2.5M, 2500000", "1e-3, 0.001", "95%, 0.95"})
    void numbersCarryTheirMagnitudeExactly(String text, BigDecimal value) {
        NumberAtom number = (NumberAtom) entry("a " + text).values().getFirst();
        assertEquals(0, value.compareTo(number.value()));
    }

    @Test
    void crossIsAnOperatorOnlyBetweenNumbers() {
        assertTrue(SyntaxPrinter.print(entry("a 8 x 200 Gbps")).contains("operator x"));
        assertTrue(SyntaxPrinter.print(entry("x 8")).contains("name x"));
        assertTrue(SyntaxPrinter.print(entry("a 4 * x")).contains("name x"));
    }

    @Test
    void anEntryMayBeginWithANumber() {
        Entry counted = entry("8 of a100");
        assertEquals("", counted.keyword());
        assertEquals(3, counted.values().size());
    }

    @Test
    void keywordsAreOrdinaryNamesInsideBlocks() {
        assertEquals("model", entry("model node on from import").keyword());
    }

    @Test
    void newlinesInsideBracketsAndBehindOperatorsDoNotEndAnEntry() {
        SpecFile file = parse("model m {\n  a [1,\n 2\n]\n  b 3 +\n 4, c (5\n * 6)\n}\n")
                .file();
        Definition model = (Definition) file.declarations().getFirst();
        assertEquals(
                List.of("a", "b", "c"),
                model.entries().stream().map(Entry::keyword).toList());
    }

    @Test
    void spansPointAtTheirText() throws IOException {
        for (var path : SpecFolders.specs(SpecFolders.GOOD).toList()) {
            SourceText source = SpecFolders.read(path);
            assertSpansPointAtText(source, SpecParser.parse(source).file());
        }
    }

    @Test
    void spansCountCharsBehindCharactersOutsideTheBasicPlane() {
        Definition model = (Definition) parse("// \uD83D\uDE80 a rocket\nmodel m { a \"\uD83D\uDE80\", b 7 }\n")
                .file()
                .declarations()
                .getFirst();
        SourceSpan span = model.entries().get(1).span();
        assertEquals(new SourceSpan("test.dove", 2, 19, 33, 3), span);
    }

    private static void assertSpansPointAtText(SourceText source, Node node) {
        SourceSpan span = node.span();
        String text = source.text().substring(span.offset(), span.end());
        if (node instanceof NumberAtom number) {
            assertEquals(number.text(), text);
        }
        String before = source.text().substring(0, span.offset());
        assertEquals(before.length() - before.lastIndexOf('\n') - 1, span.column() - 1);
        assertEquals(
                before.lines().count() + (before.endsWith("\n") ? 1 : 0),
                Math.max(span.line(), before.isEmpty() ? 0 : 1) - (before.isEmpty() ? 1 : 0));
        node.children().forEach(child -> {
            assertTrue(child.span().offset() >= span.offset() && child.span().end() <= span.end());
            assertSpansPointAtText(source, child);
        });
    }

    @Test
    void reportsSeveralMistakesAtOnceInOrder() {
        var diagnostics =
                parse("modle a {}\nmodel b { size 80GB }\ntrain b {\n}\n").diagnostics();
        assertEquals(
                List.of(1, 2, 3),
                diagnostics.stream().map(d -> d.primary().span().line()).toList());
    }

    /** Whatever is typed: an answer, never an exception; and what is accepted without complaint survives formatting. */
    @Test
    void neverFailsOnMutilatedSpecs() throws IOException {
        Random random = new Random(7);
        List<String> pieces = List.of(
                "{",
                "}",
                "[",
                "]",
                "(",
                ")",
                ",",
                "\n",
                "\"",
                "//",
                "x",
                "8",
                " ",
                "%",
                "model m ",
                "train ",
                "->",
                "..",
                "80GB",
                "$",
                "\\",
                "1f1b",
                "on",
                "\uD83D\uDE80",
                ".",
                "a.b",
                "\t",
                "\r\n");
        for (var path : SpecFolders.specs(SpecFolders.GOOD).toList()) {
            String text = SpecFolders.read(path).text();
            for (int round = 0; round < 60; round++) {
                String mutilated = mutilate(text, random, pieces);
                assertDoesNotThrow(() -> readAndFormat(mutilated), () -> "on:\n" + mutilated);
            }
        }
    }

    private static String mutilate(String text, Random random, List<String> pieces) {
        StringBuilder changed = new StringBuilder(text);
        for (int i = random.nextInt(6); i >= 0; i--) {
            int at = random.nextInt(changed.length());
            int end = Math.min(changed.length(), at + random.nextInt(4));
            changed.replace(at, end, random.nextInt(4) == 0 ? "" : pieces.get(random.nextInt(pieces.size())));
        }
        return changed.toString();
    }

    private static void readAndFormat(String text) {
        ParsedSpec parsed = parse(text);
        String formatted = SpecFormatter.format(parsed.file());
        if (parsed.diagnostics().isEmpty()) {
            ParsedSpec again = parse(formatted);
            assertEquals(SyntaxPrinter.print(parsed.file()), SyntaxPrinter.print(again.file()));
            assertEquals(formatted, SpecFormatter.format(again.file()));
        }
    }

    private static Entry entry(String text) {
        ParsedSpec parsed = parse("model m { " + text + " }");
        assertEquals(List.of(), parsed.diagnostics());
        return ((Definition) parsed.file().declarations().getFirst()).entries().getFirst();
    }

    private static ParsedSpec parse(String text) {
        return SpecParser.parse(new SourceText("test.dove", text));
    }
}
