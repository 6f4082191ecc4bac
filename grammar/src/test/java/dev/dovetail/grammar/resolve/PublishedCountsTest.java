package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Configs beside their counts, in a table that says where each count stands. */
class PublishedCountsTest {
    /** @param json of the config, with single quotes */
    record Published(String name, long parameters, String json) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Published> published() throws IOException {
        try (InputStream table = PublishedCountsTest.class.getResourceAsStream("/published-counts.txt")) {
            String text = new String(table.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" \\| ", 4))
                    .map(cells -> new Published(cells[0], Long.parseLong(cells[1]), "{" + cells[3] + "}"));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void published(Published published) {
        String declaration = HuggingFaceConfig.declaration("m", published.json().replace('\'', '"'));
        assertEquals(
                published.parameters(),
                Specs.parameters(Specs.sound(declaration).models().getFirst()),
                declaration);
    }
}
