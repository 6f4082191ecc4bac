package dev.dovetail.grammar.format;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.SyntaxPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SpecFormatterTest {
    private static final int ROUNDS = 250;
    private static final Pattern MARKED_COMMENT = Pattern.compile("// (?:note|planted) \\d+");

    @Test
    void whatIsPrintedParsesBackToTheSameTree() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            SpecFile tree = new RandomSpecs(seed).file();
            String printed = SpecFormatter.format(tree);
            ParsedSpec parsed = parse(printed);
            assertEquals(List.of(), parsed.diagnostics(), () -> printed);
            assertEquals(SyntaxPrinter.print(tree), SyntaxPrinter.print(parsed.file()), () -> printed);
        }
    }

    @Test
    void formattingTwiceChangesNothing() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            String printed = SpecFormatter.format(new RandomSpecs(seed).file());
            String once = SpecFormatter.format(parse(printed).file());
            assertSameLines(once, SpecFormatter.format(parse(once).file()), "seed " + seed);
            assertSameLines(printed, once, "seed " + seed);
        }
    }

    @Test
    void commentsSurviveWhereverTheyAreWritten() {
        for (long seed = 0; seed < ROUNDS; seed++) {
            String printed = SpecFormatter.format(new RandomSpecs(seed).file());
            String planted = withPlantedComments(printed, new Random(seed));
            ParsedSpec parsed = parse(planted);
            String formatted = SpecFormatter.format(parsed.file());
            assertEquals(List.of(), parsed.diagnostics(), "seed " + seed);
            assertEquals(sortedComments(planted), sortedComments(formatted), "seed " + seed);
            assertEquals(
                    SyntaxPrinter.print(parse(printed).file()),
                    SyntaxPrinter.print(parse(formatted).file()));
            assertSameLines(formatted, SpecFormatter.format(parse(formatted).file()), "seed " + seed);
        }
    }

    /** Shows the first line that differs, not two whole specs. */
    private static void assertSameLines(String expected, String actual, String message) {
        List<String> left = expected.lines().toList();
        List<String> right = actual.lines().toList();
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
            assertEquals(left.get(i), right.get(i), message + ", line " + (i + 1));
        }
        assertEquals(left.size(), right.size(), message);
    }

    /** Comments and blank lines at line ends, on lines of their own, behind commas and inside lists. */
    private static String withPlantedComments(String text, Random random) {
        StringBuilder planted = new StringBuilder();
        int count = 0;
        boolean quoted = false;
        boolean commented = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char before = i == 0 ? '\n' : text.charAt(i - 1);
            quoted ^= c == '"' && !commented && before != '\\';
            commented = c != '\n' && (commented || !quoted && text.startsWith("//", i));
            boolean behindOpener = c == '[' || c == '(' || c == ',' || c == '{';
            boolean here = random.nextInt(12) == 0;
            if (c == '\n' && here) {
                planted.append(commented(before, count++));
            }
            planted.append(c);
            if (behindOpener && !quoted && !commented && here) {
                planted.append(" //planted ").append(count++).append("\n    ");
            } else if (c == '\n' && random.nextInt(12) == 0) {
                planted.append("\n\n");
            }
        }
        return planted.toString();
    }

    private static String commented(char before, int number) {
        return before == '\n' ? "  //   planted " + number : " // planted " + number;
    }

    private static List<String> sortedComments(String text) {
        List<String> comments = new ArrayList<>();
        String normal = text.replaceAll("//\\s*planted", "// planted");
        MARKED_COMMENT.matcher(normal).results().map(MatchResult::group).forEach(comments::add);
        comments.sort(null);
        return comments;
    }

    @Test
    void alignsValuesAndTrailingComments() {
        assertFormats("""
                model m {
                 vocab bytes // a
                    width   128   //b
                  repeat 4 {
                  attention {heads 4}
                     mlp {inner 4*width,activation gelu}
                  }
                  context 64
                }
                """, """
                model m {
                  vocab   bytes  // a
                  width   128    // b
                  repeat 4 {
                    attention { heads 4 }
                    mlp       { inner 4 * width, activation gelu }
                  }
                  context 64
                }
                """);
    }

    @Test
    void keepsOneBlankLineAndTheAuthorsOneLineBlocks() {
        assertFormats(
                "cluster a { nodes 1 of \"X\" }\n\n\n\nnode \"X\" {\n\n  8 of a100\n\n}\n",
                "cluster a { nodes 1 of \"X\" }\n\nnode \"X\" {\n  8 of a100\n}\n");
    }

    @Test
    void writesUnitsTightAndArithmeticLoose() {
        assertFormats(
                "link l { bandwidth 300 GB / s each way, latency -  2 us, a width/heads, b 8x 200 Gbps }\n"
                        .replace("8x", "8 x"),
                "link l { bandwidth 300 GB/s each way, latency -2 us, a width / heads, b 8 x 200 Gbps }\n");
    }

    @Test
    void breaksABlockThatOutgrowsTheLine() {
        String entries =
                "alpha_alpha_alpha 1, beta_beta_beta_beta 2, gamma_gamma_gamma 3, delta_delta_delta 4, epsilon 5";
        assertFormats("model m { " + entries + " }\n", """
                model m {
                  alpha_alpha_alpha 1, beta_beta_beta_beta 2, gamma_gamma_gamma 3, delta_delta_delta 4, epsilon 5
                }
                """);
    }

    private static void assertFormats(String written, String expected) {
        assertEquals(expected, SpecFormatter.format(parse(written).file()));
        assertEquals(expected, SpecFormatter.format(parse(expected).file()));
    }

    private static ParsedSpec parse(String text) {
        return SpecParser.parse(new SourceText("test.dove", text));
    }
}
