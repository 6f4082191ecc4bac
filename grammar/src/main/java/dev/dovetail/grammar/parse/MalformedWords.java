package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.Token;

/** Numbers, strings and characters that are not quite the language's, with the way to write them. */
final class MalformedWords {
    private static final Pattern NUMBER_AND_WORD = Pattern.compile("([0-9.]+(?:[eE][0-9]+)?)([A-Za-z_].*)");
    private static final Map<String, String> HELP_FOR_STRAY = Map.of(
            ":", "a name and its value stand side by side: `width 128`",
            ";", "an entry ends at a newline or a comma",
            "#", "comments begin with `//`",
            "'", "strings stand in double quotes",
            "%", "`%` directly follows its number: `95%`",
            "!", "use `<=` or `>=`",
            ".", "a path has no spaces inside: `attention.q`");

    private static final Pattern FAR_EXPONENT = Pattern.compile("[eE][+-]?[0-9]{4}");

    private final TokenPlaces places;
    private final Diagnostics diagnostics;

    MalformedWords(TokenPlaces places, Diagnostics diagnostics) {
        this.places = places;
        this.diagnostics = diagnostics;
    }

    void reportStray(Token token) {
        String help = HELP_FOR_STRAY.get(token.getText());
        Diagnostic stray = Diagnostic.error(
                DiagnosticCode.STRAY_CHARACTER, places.of(token), "`" + token.getText() + "` has no meaning here");
        diagnostics.report(help == null ? stray : stray.withHelp(help));
    }

    /** The token itself if well formed, else the nearest well-formed one after a report. */
    Token mended(Token token) {
        return switch (token.getType()) {
            case DovetailLexer.NUMBER -> withinReach(token);
            case DovetailLexer.MALFORMED_NUMBER -> mendedNumber(token);
            case DovetailLexer.UNCLOSED_STRING -> mendedString(token);
            default -> token;
        };
    }

    /** An exponent of four digits is beyond any double, and one of nine is beyond memory. */
    private Token withinReach(Token token) {
        if (!FAR_EXPONENT.matcher(token.getText()).find()) {
            return token;
        }
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.MALFORMED_NUMBER,
                        places.of(token),
                        "`" + token.getText() + "` is too large or too small to count with")
                .withHelp("exponents have three digits at most"));
        return retyped(token, DovetailLexer.NUMBER, "1");
    }

    private Token mendedNumber(Token token) {
        Matcher parts = NUMBER_AND_WORD.matcher(token.getText());
        if (!parts.matches()) {
            throw new IllegalStateException("not a malformed number: " + token.getText());
        }
        String number = parts.group(1);
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.MALFORMED_NUMBER, places.of(token), "`" + token.getText() + "` is not a number")
                .withHelp(help(number, parts.group(2))));
        return retyped(token, DovetailLexer.NUMBER, number);
    }

    private static String help(String number, String word) {
        Matcher cross = Pattern.compile("x([0-9]+)").matcher(word);
        if (cross.matches()) {
            return "write `" + number + " x " + cross.group(1) + "`";
        }
        return switch (word) {
            case "K" -> "thousands are written `" + number + "k`";
            case "m" -> "millions are written `" + number + "M`";
            case "b", "G" -> "billions are written `" + number + "B`";
            case "t" -> "trillions are written `" + number + "T`";
            default -> "a unit stands apart: `" + number + " " + word + "`";
        };
    }

    private Token mendedString(Token token) {
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.UNCLOSED_STRING, places.of(token), "the string is not closed on its line")
                .withHelp("close it with `\"`"));
        return retyped(token, DovetailLexer.STRING, token.getText().stripTrailing() + "\"");
    }

    private static Token retyped(Token token, int type, String text) {
        CommonToken copy = new CommonToken(token);
        copy.setType(type);
        copy.setText(text);
        return copy;
    }
}
