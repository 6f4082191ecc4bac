package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.syntax.SourceText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/spec-language.md} says what the tool reads. */
class LanguageReferenceTest {
    private static final Path REFERENCE = Path.of("..", "docs", "spec-language.md");
    private static final Pattern TABLE =
            Pattern.compile("<!-- table: ([a-z-]+) -->\\n(.*?)<!-- end -->\\n", Pattern.DOTALL);
    private static final Pattern EXAMPLE = Pattern.compile("```dove\\n(.*?)```", Pattern.DOTALL);

    @Test
    void itsTablesAreWhatTheToolReadsBy() throws IOException {
        Map<String, String> tables = LanguageTables.all();
        String written = Files.readString(REFERENCE);
        var found = new ArrayList<String>();
        String right = TABLE.matcher(written).replaceAll(match -> {
            found.add(match.group(1));
            String table = tables.getOrDefault(match.group(1), "no such table\n");
            return Matcher.quoteReplacement("<!-- table: " + match.group(1) + " -->\n" + table + "<!-- end -->\n");
        });
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(REFERENCE, right);
        }
        assertEquals(right, Files.readString(REFERENCE), "write it anew with -Dgolden=write and read the difference");
        assertEquals(
                tables.keySet().stream().sorted().toList(),
                found.stream().sorted().toList());
    }

    @Test
    void everyDecisionAndItsValuesAreThere() throws IOException {
        String written = Files.readString(REFERENCE);
        for (String row : LanguageTables.decisions()) {
            assertTrue(written.contains("\n" + row), "docs/spec-language.md lacks the row " + row + " … |");
        }
    }

    @Test
    void itsExamplesAreWithoutMistakes() throws IOException {
        Matcher examples = EXAMPLE.matcher(Files.readString(REFERENCE));
        int count = 0;
        while (examples.find()) {
            SourceText example = new SourceText("example " + ++count, examples.group(1));
            assertEquals(List.of(), SpecParser.parse(example).diagnostics());
            assertEquals(
                    List.of(), Specs.resolve(example, REFERENCE.getParent()).diagnostics());
        }
        assertTrue(count > 0, "the reference has examples");
    }
}
