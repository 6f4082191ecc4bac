package dev.dovetail.cli.terminal;

/** What a piece of text is; a terminal decides how that looks. */
public enum Style {
    ERROR("1;31"),
    WARNING("1;33"),
    GOOD("32"),
    ACCENT("36"),
    STRONG("1"),
    FAINT("2");

    private final String code;

    Style(String code) {
        this.code = code;
    }

    String paint(String text) {
        return "\u001b[" + code + "m" + text + "\u001b[0m";
    }
}
