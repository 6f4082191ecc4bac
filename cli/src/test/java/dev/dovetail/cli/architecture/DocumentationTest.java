package dev.dovetail.cli.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.cli.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What documents say of the code is still so. */
class DocumentationTest {
    private static final Path ROOT = Path.of("..");
    /** A file in backticks; one called {@code X…} is yet to be written. */
    private static final Pattern FILE = Pattern.compile("`([a-z]+/[\\w./-]+\\.(?:java|dove|txt|md|cuh|json))`");

    private static final Pattern TO_BE_WRITTEN = Pattern.compile(".*/(X[A-Z]\\w*|X)\\.java|models/NAME/.*");
    private static final Pattern STATUS = Pattern.compile("(?m)^\\| (\\d+) \\|");

    @Test
    void everyFileOfARecipeExists() throws IOException {
        List<String> named = FILE.matcher(Files.readString(ROOT.resolve("CONTRIBUTING.md")))
                .results()
                .map(found -> found.group(1))
                .filter(file -> !TO_BE_WRITTEN.matcher(file).matches())
                .distinct()
                .toList();
        assertTrue(named.size() > 40, () -> "recipes name " + named.size() + " files");
        assertEquals(List.of(), named.stream().filter(file -> !exists(file)).toList());
    }

    private static boolean exists(String file) {
        Path module = ROOT.resolve(file.substring(0, file.indexOf('/')));
        return Stream.of(
                        ROOT,
                        module.resolve("src/main/java/dev/dovetail"),
                        module.resolve("src/test/java/dev/dovetail"))
                .anyMatch(folder -> Files.isRegularFile(folder.resolve(file)));
    }

    @Test
    void theLanguageReferenceListsTheExitStatuses() throws IOException {
        List<Integer> listed = STATUS.matcher(Files.readString(ROOT.resolve("docs/spec-language.md")))
                .results()
                .map((MatchResult row) -> Integer.valueOf(row.group(1)))
                .toList();
        assertEquals(Arrays.stream(ExitStatus.values()).map(ExitStatus::code).toList(), listed);
    }
}
