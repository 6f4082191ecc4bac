package dev.dovetail.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** check, fmt, import and catalog, as a user types them. */
class SpecCommandsTest {
    private static final String WRONG = "cluster c {\n  this machine\n  wokers 4\n}\n";

    @TempDir
    private Path folder;

    private CapturedContext run(ExitStatus expected, String... arguments) {
        var captured = new CapturedContext(folder, Terminal.plain());
        assertEquals(expected, captured.run(arguments), () -> String.join("\n", captured.err()));
        return captured;
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    @Test
    void checkIsQuietAboutASoundSpec() throws IOException {
        write("c.dove", "cluster c { this machine, workers 2 }\n");
        var captured = run(ExitStatus.OK, "check", "c.dove");
        assertEquals(List.of("c.dove: no errors"), captured.out());
        assertEquals(List.of(), captured.err());
    }

    @Test
    void checkShowsTheLineAndTheNearestName() throws IOException {
        write("c.dove", WRONG);
        String shown =
                String.join("\n", run(ExitStatus.WRONG_INPUT, "check", "c.dove").err());
        assertTrue(shown.contains(" --> c.dove:3:3"), shown);
        assertTrue(shown.contains("help: did you mean `workers`?"), shown);
        assertTrue(shown.endsWith("error: 1 error in c.dove"), shown);
    }

    @Test
    void checkAsJsonIsOneObjectAndNothingElse() throws IOException {
        write("c.dove", WRONG);
        var captured = run(ExitStatus.WRONG_INPUT, "check", "c.dove", "--json");
        assertEquals(List.of(), captured.err());
        JsonNode error = JsonMapper.shared()
                .readTree(captured.out().getFirst())
                .get("errors")
                .get(0);
        assertEquals("unknown-entry", error.get("code").stringValue());
        assertEquals(3, error.get("line").intValue());
        assertEquals(3, error.get("column").intValue());
        assertEquals(6, error.get("length").intValue());
        assertEquals("did you mean `workers`?", error.get("help").stringValue());
    }

    @Test
    void checkAcceptsOverrides() throws IOException {
        write("c.dove", "cluster c { this machine, workers 0 }\n");
        run(ExitStatus.WRONG_INPUT, "check", "c.dove");
        run(ExitStatus.OK, "check", "c.dove", "--set", "workers=2");
    }

    @Test
    void aMissingSpecIsNamed() {
        assertEquals(
                1, run(ExitStatus.WRONG_INPUT, "check", "nowhere.dove").err().size());
        assertTrue(run(ExitStatus.WRONG_INPUT, "check", ".").err().getFirst().contains("is a folder"));
    }

    @Test
    void whatIsNotTextIsRefused() throws IOException {
        Files.write(folder.resolve("binary.dove"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertTrue(run(ExitStatus.WRONG_INPUT, "check", "binary.dove")
                .err()
                .getFirst()
                .contains("not a text"));
    }

    @Test
    void fmtPrintsAndLeavesTheFileAlone() throws IOException {
        write("c.dove", WRONG.replace("  ", ""));
        assertEquals("  wokers 4", run(ExitStatus.OK, "fmt", "c.dove").out().get(2));
        assertEquals(WRONG.replace("  ", ""), Files.readString(folder.resolve("c.dove")));
    }

    @Test
    void fmtWritesInPlaceAndChecks() throws IOException {
        write("c.dove", WRONG.replace("  ", ""));
        assertEquals(
                List.of("c.dove"),
                run(ExitStatus.WRONG_INPUT, "fmt", "--check", "c.dove").out());
        run(ExitStatus.OK, "fmt", "--write", "c.dove");
        assertEquals(WRONG.replace("this machine", "this   machine"), Files.readString(folder.resolve("c.dove")));
        run(ExitStatus.OK, "fmt", "--check", "c.dove");
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count(), "nothing is left beside it");
        }
    }

    @Test
    void fmtNeverTouchesASpecItCannotRead() throws IOException {
        write("c.dove", "cluster c {\n  workers 4)\n");
        run(ExitStatus.WRONG_INPUT, "fmt", "--write", "c.dove");
        assertEquals("cluster c {\n  workers 4)\n", Files.readString(folder.resolve("c.dove")));
    }

    @Test
    void fmtExplicitSaysTheDefaults() throws IOException {
        write("m.dove", "model m {\n  vocab 9\n  repeat 1 { attention { heads 4 } }\n}\n");
        String shown = String.join(
                "\n", run(ExitStatus.OK, "fmt", "--explicit", "m.dove").out());
        assertTrue(shown.contains("rope { theta 10000 }"), shown);
        assertTrue(shown.contains("kv_heads heads"), shown);
    }

    @Test
    void importPrintsASpecThatChecks() throws IOException {
        String spec = String.join(
                "\n",
                run(ExitStatus.OK, "import", "models/llama-3-8b/config.json").out());
        assertTrue(spec.startsWith("model llama_3_8b {"), spec);
        write("m.dove", spec + "\n");
        run(ExitStatus.OK, "check", "m.dove");
        run(ExitStatus.OK, "fmt", "--check", "m.dove");
    }

    @Test
    void importAsJsonHasTheFigures() {
        String json = run(ExitStatus.OK, "import", "models/llama-3-8b/config.json", "--json")
                .out()
                .getFirst();
        JsonNode answer = JsonMapper.shared().readTree(json);
        assertEquals(8_030_261_248L, answer.get("parameters").get("total").longValue());
        assertEquals(131072, answer.get("kv_bytes_per_token").longValue());
        assertEquals(32, answer.get("layers").intValue());
        assertTrue(answer.get("state_bytes") == null, "what a dense model lacks is absent");
    }

    @Test
    void importRefusesWhatItCannotRead() throws IOException {
        write("config.json", "{\"model_type\": \"llama\"");
        assertTrue(run(ExitStatus.WRONG_INPUT, "import", "config.json")
                .err()
                .getFirst()
                .contains("not JSON"));
        write("qwen.json", "{\"model_type\": \"qwen3_vl\"}");
        String unread = run(ExitStatus.WRONG_INPUT, "import", "qwen.json").err().getFirst();
        assertTrue(unread.contains("not supported yet"), unread);
        write(
                "zero.json",
                "{\"model_type\": \"gpt2\", \"vocab_size\": 9, \"n_embd\": 8, \"n_layer\": 1, \"n_head\": 3}");
        assertTrue(String.join(
                        "\n", run(ExitStatus.WRONG_INPUT, "import", "zero.json").err())
                .contains("do not divide"));
    }

    @Test
    void catalogListsAndShows() {
        List<String> listed = run(ExitStatus.OK, "catalog").out();
        assertTrue(
                listed.contains("  DGX-H100") && listed.contains("  llama-3-8b") && listed.contains("  h100_sxm_80gb"));
        assertTrue(listed.indexOf("techniques") > 0 && listed.indexOf("techniques") < listed.size() - 5);
        assertTrue(run(ExitStatus.OK, "catalog", "DGX-H100").out().contains("node \"DGX-H100\" {"));
        assertTrue(
                run(ExitStatus.WRONG_INPUT, "catalog", "DGX-H10").err().get(1).contains("`DGX-H100`"));
    }
}
