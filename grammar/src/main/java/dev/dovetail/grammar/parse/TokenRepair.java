package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.JobVerb;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.antlr.v4.runtime.CommonToken;
import org.antlr.v4.runtime.Token;

/**
 * Puts tokens in order for the parser, one pass from left to right: drops newlines that do not end an entry, matches
 * brackets and supplies missing ones, and mends malformed words. Each mend is reported; so a slip stays one message.
 */
final class TokenRepair {
    private static final Map<Integer, Integer> CLOSER_OF = Map.of(
            DovetailLexer.LBRACE, DovetailLexer.RBRACE,
            DovetailLexer.LBRACKET, DovetailLexer.RBRACKET,
            DovetailLexer.LPAREN, DovetailLexer.RPAREN);
    private static final Map<Integer, String> SYMBOL = Map.of(
            DovetailLexer.LBRACE, "{",
            DovetailLexer.RBRACE, "}",
            DovetailLexer.LBRACKET, "[",
            DovetailLexer.RBRACKET, "]",
            DovetailLexer.LPAREN, "(",
            DovetailLexer.RPAREN, ")");
    private static final Set<Integer> OPERATORS = Set.of(
            DovetailLexer.AT_MOST,
            DovetailLexer.AT_LEAST,
            DovetailLexer.BELOW,
            DovetailLexer.ABOVE,
            DovetailLexer.ARROW,
            DovetailLexer.RANGE,
            DovetailLexer.EQUALS,
            DovetailLexer.PLUS,
            DovetailLexer.MINUS,
            DovetailLexer.TIMES,
            DovetailLexer.DIVIDE,
            DovetailParser.CROSS);

    private final List<Token> tokens;
    private final TokenPlaces places;
    private final Diagnostics diagnostics;
    private final MalformedWords words;
    private final Deque<Token> open = new ArrayDeque<>();
    private final List<Token> out = new ArrayList<>();

    TokenRepair(List<? extends Token> all, TokenPlaces places, Diagnostics diagnostics) {
        this.places = places;
        this.diagnostics = diagnostics;
        this.words = new MalformedWords(places, diagnostics);
        this.tokens = all.stream()
                .filter(token -> token.getChannel() == Token.DEFAULT_CHANNEL)
                .<Token>map(token -> token)
                .toList();
    }

    List<Token> repaired() {
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            switch (token.getType()) {
                case DovetailLexer.NEWLINE -> newline(token, i);
                case DovetailLexer.LBRACE, DovetailLexer.LBRACKET, DovetailLexer.LPAREN -> opener(token);
                case DovetailLexer.RBRACE, DovetailLexer.RBRACKET, DovetailLexer.RPAREN -> closer(token);
                case DovetailLexer.STRAY -> words.reportStray(token);
                default -> word(token, i);
            }
        }
        while (!open.isEmpty()) {
            reportUnclosed(open.peek());
            closeInnermost();
        }
        return out;
    }

    private void newline(Token token, int index) {
        if (startsDeclaration(index + 1)) {
            closeAllBeforeDeclaration();
        }
        if (endsEntry() && !braceMovedDown(index)) {
            out.add(token);
        }
    }

    /** Newlines count directly inside braces or at top level, and not behind an operator. */
    private boolean endsEntry() {
        return !insideEntry() && !OPERATORS.contains(lastType());
    }

    private boolean insideEntry() {
        return !open.isEmpty() && open.peek().getType() != DovetailLexer.LBRACE;
    }

    private boolean braceMovedDown(int newline) {
        int next = newline + 1;
        while (next < tokens.size() && tokens.get(next).getType() == DovetailLexer.NEWLINE) {
            next++;
        }
        boolean moved = next < tokens.size()
                && tokens.get(next).getType() == DovetailLexer.LBRACE
                && !Set.of(DovetailLexer.NEWLINE, DovetailLexer.COMMA, DovetailLexer.LBRACE, DovetailLexer.RBRACE, -1)
                        .contains(lastType());
        if (moved && next == newline + 1) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.MISPLACED_BRACE,
                            places.of(tokens.get(next)),
                            "`{` stays on the line of what it belongs to")
                    .withRelated(places.of(out.getLast()), "belongs behind this")
                    .withHelp("a newline ends an entry; move the `{` up"));
        }
        return moved;
    }

    /** A line that begins, unindented, like a declaration: whatever was open before it was forgotten. */
    private boolean startsDeclaration(int index) {
        if (open.isEmpty() || index + 1 >= tokens.size()) {
            return false;
        }
        Token word = tokens.get(index);
        String text = word.getText();
        boolean keyword =
                DefinitionKind.of(text).isPresent() || JobVerb.of(text).isPresent() || text.equals("import");
        int following = tokens.get(index + 1).getType();
        return keyword
                && word.getCharPositionInLine() == 0
                && (following == DovetailLexer.NAME || following == DovetailLexer.STRING);
    }

    private void closeAllBeforeDeclaration() {
        while (!open.isEmpty()) {
            reportUnclosed(open.peek());
            closeInnermost();
        }
    }

    private void opener(Token token) {
        separateFromBlock(token);
        while (token.getType() == DovetailLexer.LBRACE && insideEntry()) {
            reportUnclosed(open.peek());
            closeInnermost();
        }
        open.push(token);
        out.add(token);
    }

    private void closer(Token token) {
        boolean matches = open.stream().anyMatch(opener -> CLOSER_OF.get(opener.getType()) == token.getType());
        if (!matches) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.UNMATCHED_BRACKET,
                            places.of(token),
                            "`" + token.getText() + "` closes nothing")
                    .withHelp("remove it, or open it earlier"));
            return;
        }
        while (CLOSER_OF.get(open.peek().getType()) != token.getType()) {
            reportUnclosed(open.peek());
            closeInnermost();
        }
        open.pop();
        out.add(token);
    }

    private void reportUnclosed(Token opener) {
        String symbol = opener.getText();
        diagnostics.report(
                Diagnostic.error(DiagnosticCode.UNCLOSED_BRACKET, places.of(opener), "`" + symbol + "` is never closed")
                        .withHelp("close it with `" + SYMBOL.get(CLOSER_OF.get(opener.getType())) + "`"));
    }

    private void closeInnermost() {
        int type = CLOSER_OF.get(open.pop().getType());
        out.add(supplied(type, SYMBOL.get(type)));
        if (type == DovetailLexer.RBRACE) {
            out.add(supplied(DovetailLexer.NEWLINE, "\n"));
        }
    }

    private void word(Token token, int index) {
        if (token.getType() != DovetailLexer.COMMA) {
            separateFromBlock(token);
        }
        Token mended = words.mended(token);
        out.add(isCross(index) ? retyped(mended, DovetailParser.CROSS) : mended);
    }

    /** A block ends its entry; what follows on the line needs a comma. */
    private void separateFromBlock(Token token) {
        if (lastType() == DovetailLexer.RBRACE) {
            diagnostics.report(Diagnostic.error(
                            DiagnosticCode.MISSING_SEPARATOR,
                            places.of(token),
                            "expected a newline or `,` after `}`, found `" + token.getText() + "`")
                    .withNote("a block ends its entry"));
            out.add(supplied(DovetailLexer.NEWLINE, "\n"));
        }
    }

    private boolean isCross(int index) {
        return tokens.get(index).getText().equals("x")
                && lastType() == DovetailLexer.NUMBER
                && index + 1 < tokens.size()
                && tokens.get(index + 1).getType() == DovetailLexer.NUMBER;
    }

    private int lastType() {
        return out.isEmpty() ? -1 : out.getLast().getType();
    }

    /** Stands where the last token ended, so that spans of repaired text stay in order. */
    private Token supplied(int type, String text) {
        CommonToken token = new CommonToken(out.getLast());
        token.setType(type);
        token.setText(text);
        token.setStartIndex(out.getLast().getStopIndex() + 1);
        token.setStopIndex(out.getLast().getStopIndex());
        return token;
    }

    private static Token retyped(Token token, int type) {
        CommonToken copy = new CommonToken(token);
        copy.setType(type);
        return copy;
    }
}
