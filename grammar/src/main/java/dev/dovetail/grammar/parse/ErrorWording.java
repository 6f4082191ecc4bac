package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;

/** Says in our words what the parser stumbled over: what was expected, as people call it, and what stood there. */
final class ErrorWording extends BaseErrorListener {
    private final TokenPlaces places;
    private final Diagnostics diagnostics;

    ErrorWording(TokenPlaces places, Diagnostics diagnostics) {
        this.places = places;
        this.diagnostics = diagnostics;
    }

    @Override
    public void syntaxError(
            Recognizer<?, ?> recognizer,
            Object offending,
            int line,
            int charPositionInLine,
            String antlrMessage,
            RecognitionException failure) {
        Token token = (Token) offending;
        String message = "expected " + expected((Parser) recognizer) + ", found " + found(token);
        diagnostics.report(Diagnostic.error(DiagnosticCode.SYNTAX, places.of(token), message));
    }

    private static String expected(Parser parser) {
        return switch (parser.getRuleContext().getRuleIndex()) {
            case DovetailParser.RULE_spec, DovetailParser.RULE_declaration -> "`<declaration>`";
            case DovetailParser.RULE_definitionKind -> "`<kind>`";
            case DovetailParser.RULE_jobVerb -> "`<job>`";
            case DovetailParser.RULE_clause, DovetailParser.RULE_label, DovetailParser.RULE_word -> "`<name>`";
            case DovetailParser.RULE_block, DovetailParser.RULE_entry -> "`<entry>` or `}`";
            case DovetailParser.RULE_operator -> "`<operator>`";
            case DovetailParser.RULE_separator -> "a newline or `,`";
            default -> "`<value>`";
        };
    }

    private static String found(Token token) {
        return switch (token.getType()) {
            case Token.EOF -> "the end of the file";
            case DovetailLexer.NEWLINE -> "the end of the line";
            default -> "`" + token.getText() + "`";
        };
    }
}
