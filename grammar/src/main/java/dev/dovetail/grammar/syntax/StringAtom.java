package dev.dovetail.grammar.syntax;

import java.util.List;

/** Quoted text: a file, a catalogue entry or plain text; {@code value} has its escapes undone. */
public record StringAtom(String value, SourceSpan span) implements Atom {

    /** As the language writes it, quotes and escapes included. */
    public static String quote(String value) {
        return '"'
                + value.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("\n", "\\n")
                        .replace("\t", "\\t")
                + '"';
    }

    /** The value of what stands between the quotes. */
    public static String unescape(String body) {
        StringBuilder value = new StringBuilder();
        for (int i = 0; i < body.length(); i++) {
            char c = body.charAt(i);
            boolean escape = c == '\\' && i + 1 < body.length();
            value.append(escape ? escaped(body.charAt(++i)) : c);
        }
        return value.toString();
    }

    private static char escaped(char letter) {
        return switch (letter) {
            case 'n' -> '\n';
            case 't' -> '\t';
            default -> letter;
        };
    }

    @Override
    public List<Node> children() {
        return List.of();
    }
}
