package dev.dovetail.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plans of full-size models on real clusters, kept as people read them, to be argued with; {@code -Dgolden=write} writes them
 * anew. A file beside this class's resources for each spec of {@code specs/}. Searches may take seconds each.
 */
@Tag("slow")
class GoldenPlansTest {
    private static final Path SPECS = Path.of("..", "specs");
    private static final Path PLANS = Path.of("src", "test", "resources", "dev", "dovetail", "cli", "command", "plans");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deepseek-v3-pretrain",
                "dit-xl-train",
                "jamba-pretrain",
                "llava-13b-finetune",
                "llava-7b-finetune",
                "mamba2-2.7b-pretrain",
                "mixtral-8x7b-pretrain",
                "qwen3-next-pretrain",
                "recurrentgemma-9b-pretrain",
                "sd15-train",
                "sd35-large-train",
                "whisper-large-train"
            })
    void isAsItWasLastRead(String spec) throws IOException {
        var context = new CapturedContext(SPECS, Terminal.plain());
        assertEquals(
                ExitStatus.OK,
                context.run("compile", spec + ".dove", "--emit=plan"),
                () -> context.err().toString());
        // How long a search takes, and how far its proof comes on a busy machine, is no part of a plan.
        String plan = context.out().stream()
                .filter(line -> !line.startsWith("└─ search"))
                .map(line -> line.replaceFirst("^(plan for \\S+) .*", "$1"))
                .collect(Collectors.joining("\n", "", "\n"));
        Path file = PLANS.resolve(spec + ".txt");
        if ("write".equals(System.getProperty("golden"))) {
            Files.createDirectories(PLANS);
            Files.writeString(file, plan);
        }
        assertEquals(Files.readString(file), plan, "write it anew with -Dgolden=write and read the difference");
    }
}
