package dev.dovetail.cli;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.dovetail.cli.terminal.Terminal;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DovetailTest {
    @Test
    void helpFitsAScreenAndEndsWithExamples() {
        var captured = new CapturedContext();

        assertEquals(ExitStatus.OK, captured.run("--help"));

        List<String> help = captured.out();
        assertTrue(help.size() <= 40, () -> "help has " + help.size() + " lines");
        assertTrue(help.stream().allMatch(line -> line.length() <= 80));
        assertTrue(help.getLast().strip().startsWith("dovetail "));
        assertEquals(List.of(), captured.err());
    }

    @Test
    void everyCommandExplainsItself() {
        var context = new CapturedContext().context();
        for (DovetailCommand command : CommandCatalog.of(context)) {
            String name = command.getClass()
                    .getAnnotation(picocli.CommandLine.Command.class)
                    .name();
            var captured = new CapturedContext();

            assertEquals(ExitStatus.OK, captured.run(name, "--help"), name);
            assertTrue(captured.out().size() <= 40, name);
        }
    }

    @Test
    void everyCommandIsInTheCatalog() {
        var listed = CommandCatalog.of(new CapturedContext().context()).stream()
                .map(command -> command.getClass().getName())
                .collect(toSet());

        new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.dovetail.cli.command")
                        .stream()
                        .filter(type -> type.isAssignableTo(DovetailCommand.class))
                        .forEach(type -> assertTrue(
                                listed.contains(type.getName()),
                                () -> "add " + type.getSimpleName() + " to CommandCatalog"));
    }

    @Test
    void noArgumentsShowHelp() {
        var captured = new CapturedContext();

        assertEquals(ExitStatus.OK, captured.run());
        assertTrue(captured.out().stream().anyMatch(line -> line.startsWith("Usage: dovetail")));
    }

    @Test
    void versionNamesTheJava() {
        var captured = new CapturedContext();

        assertEquals(ExitStatus.OK, captured.run("--version"));
        assertTrue(
                captured.out().getFirst().contains("Java " + Runtime.version().feature()));
    }

    @Test
    void wrongUsageIsStatus64AndOnStandardError() {
        var captured = new CapturedContext();

        assertEquals(ExitStatus.WRONG_USAGE, captured.run("--no-such-option"));
        assertEquals(List.of(), captured.out());
        assertTrue(captured.err().getFirst().startsWith("error: "));
        assertTrue(captured.err().getLast().contains("--help"));
    }

    @Test
    void helpIsColouredOnATerminalOnly() {
        var terminal = new CapturedContext(Path.of(""), new Terminal(true, true, true, 80));
        var file = new CapturedContext();

        terminal.run("--help");
        file.run("--help");

        assertTrue(terminal.out().stream().anyMatch(line -> line.contains("\u001b[")));
        assertFalse(file.out().stream().anyMatch(line -> line.contains("\u001b[")));
    }
}
