package dev.dovetail.grammar.diagnostic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.syntax.SourceText;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DiagnosticRendererTest {
    private static final SourceText SOURCE = new SourceText(
            "my_model.dove",
            "model m {\n  attention { heads 32, kv_heads 8 }\n}\n\n\n\n\n\n\ntrain {\n\tfix { tensor 16 }\n}\n");

    private static final Diagnostic DIAGNOSTIC = Diagnostic.error(
                    DiagnosticCode.CONFLICT,
                    SOURCE.span(SOURCE.text().indexOf("16"), 2),
                    "16-way tensor parallelism cannot split 8 KV heads")
            .withLabel("each of 16 ranks would own half a head")
            .withRelated(SOURCE.span(SOURCE.text().indexOf("8 }"), 1), "8 KV heads declared here")
            .withNote("a rank must own whole KV heads")
            .withHelp("use 8 or less");

    @Test
    void showsThePlaceTheCauseAndTheWayOut() {
        assertEquals("""
                error[conflict]: 16-way tensor parallelism cannot split 8 KV heads
                  --> my_model.dove:11:15
                   |
                2  |   attention { heads 32, kv_heads 8 }
                   |                                  - 8 KV heads declared here
                11 | \tfix { tensor 16 }
                   | \t             ^^ each of 16 ranks would own half a head
                   = note: a rank must own whole KV heads
                   = help: use 8 or less
                """, plain().render(DIAGNOSTIC));
    }

    @Test
    void coloursOnlyWhenAsked() {
        String coloured = new DiagnosticRenderer(sources(), true).render(DIAGNOSTIC);
        assertTrue(coloured.contains("\u001b[1;31m"));
        assertEquals(plain().render(DIAGNOSTIC), coloured.replaceAll("\u001b\\[[0-9;]*m", ""));
        assertFalse(plain().render(DIAGNOSTIC).contains("\u001b"));
    }

    @Test
    void capsALongListAndCountsTheRest() {
        List<Diagnostic> many = IntStream.range(0, 55)
                .mapToObj(i -> Diagnostic.error(DiagnosticCode.SYNTAX, SOURCE.span(i, 1), "mistake " + i))
                .toList();
        String rendered = plain().render(many);
        assertEquals(40, rendered.split("error\\[").length - 1);
        assertTrue(rendered.contains("… and 15 more"));
        assertTrue(rendered.endsWith("55 errors\n"));
    }

    @Test
    void namesThePlaceWhenTheTextIsNotAtHand() {
        String rendered = new DiagnosticRenderer(Map.of(), false).render(DIAGNOSTIC);
        assertTrue(rendered.contains("--> my_model.dove:11:15\n   = note"), rendered);
    }

    @Test
    void sortsAndDropsDoubles() {
        Diagnostics diagnostics = new Diagnostics();
        Diagnostic early = Diagnostic.error(DiagnosticCode.SYNTAX, SOURCE.span(3, 1), "early");
        diagnostics.report(DIAGNOSTIC);
        diagnostics.report(early);
        diagnostics.report(DIAGNOSTIC);
        assertEquals(List.of(early, DIAGNOSTIC), diagnostics.sorted());
    }

    @Test
    void becomesARecordForTools() {
        assertEquals(
                new DiagnosticRecord(
                        "conflict",
                        "16-way tensor parallelism cannot split 8 KV heads",
                        "my_model.dove",
                        11,
                        15,
                        2,
                        "use 8 or less"),
                DiagnosticRecord.of(DIAGNOSTIC));
    }

    private static DiagnosticRenderer plain() {
        return new DiagnosticRenderer(sources(), false);
    }

    private static Map<String, SourceText> sources() {
        return Map.of(SOURCE.name(), SOURCE);
    }
}
