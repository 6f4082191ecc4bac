package dev.dovetail.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class TerminalTest {
    @Test
    void noColorTurnsColourOff() {
        assertEquals("text", terminal(Map.of("NO_COLOR", "1"), "out,err").paint(Style.ERROR, "text"));
        assertEquals("\u001b[1;31mtext\u001b[0m", terminal(Map.of(), "out,err").paint(Style.ERROR, "text"));
    }

    @Test
    void anEmptyNoColorMeansNothing() {
        assertEquals(
                "\u001b[32mtext\u001b[0m",
                terminal(Map.of("NO_COLOR", ""), "out").paint(Style.GOOD, "text"));
    }

    @Test
    void aRedirectedStreamStaysPlainWhileTheOtherIsColoured() {
        Terminal onlyErrors = terminal(Map.of(), "err");

        assertEquals("text", onlyErrors.paint(Style.ERROR, "text"));
        assertEquals("\u001b[1;31mtext\u001b[0m", onlyErrors.paintError(Style.ERROR, "text"));
    }

    @Test
    void anUnknownWidthIsEighty() {
        assertEquals(80, terminal(Map.of(), "out").width());
    }

    private static Terminal terminal(Map<String, String> environment, String terminals) {
        var properties = new Properties();
        properties.setProperty("dovetail.terminal", terminals);
        return Terminal.of(environment, properties);
    }
}
