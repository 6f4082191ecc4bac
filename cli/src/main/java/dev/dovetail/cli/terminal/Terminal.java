package dev.dovetail.cli.terminal;

import java.util.Map;
import java.util.Properties;

/**
 * Who reads what the command prints: a person at a terminal, or a file or program.
 *
 * @param outIsTerminal standard output is a terminal
 * @param errIsTerminal standard error is a terminal
 * @param colour colour is welcome on a terminal
 * @param width columns
 */
public record Terminal(boolean outIsTerminal, boolean errIsTerminal, boolean colour, int width) {
    private static final int DEFAULT_WIDTH = 80;
    private static final int NARROWEST = 40;
    private static final int WIDEST_HELP = 100;

    /** No terminal: plain lines, no colour. */
    public static Terminal plain() {
        return new Terminal(false, false, false, DEFAULT_WIDTH);
    }

    /**
     * Reads what the launcher found out. It asks the shell, since asking the JDK costs more start-up time than
     * most commands take: {@code dovetail.terminal} lists which of {@code out} and {@code err} are terminals.
     */
    public static Terminal of(Map<String, String> environment, Properties properties) {
        String terminals = properties.getProperty("dovetail.terminal", "");
        boolean colour = environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "").equals("dumb");
        int width = width(properties.getProperty("dovetail.columns", ""));
        return new Terminal(terminals.contains("out"), terminals.contains("err"), colour, width);
    }

    public boolean colourOut() {
        return colour && outIsTerminal;
    }

    public boolean colourErr() {
        return colour && errIsTerminal;
    }

    /** Text for standard output. */
    public String paint(Style style, String text) {
        return colourOut() ? style.paint(text) : text;
    }

    /** Text for standard error. */
    public String paintError(Style style, String text) {
        return colourErr() ? style.paint(text) : text;
    }

    /** Help wraps at the terminal's edge, but stays readable on a wide one. */
    public int helpWidth() {
        return Math.min(Math.max(width, 2 * NARROWEST), WIDEST_HELP);
    }

    private static int width(String columns) {
        try {
            return Math.max(NARROWEST, Integer.parseInt(columns.strip()));
        } catch (NumberFormatException _) {
            return DEFAULT_WIDTH;
        }
    }
}
