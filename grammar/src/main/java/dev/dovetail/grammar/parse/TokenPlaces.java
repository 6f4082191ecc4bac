package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.SourceText;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/** Places of tokens in the source. The lexer counts code points and Java strings count chars; this knows both. */
final class TokenPlaces {
    private final SourceText source;
    private final boolean codePointsAreChars;
    private final int[] lineStarts;

    TokenPlaces(SourceText source) {
        this.source = source;
        this.codePointsAreChars = source.text().codePointCount(0, source.text().length())
                == source.text().length();
        this.lineStarts = IntStream.concat(
                        IntStream.of(0), newlines(source.text()).map(i -> i + 1))
                .toArray();
    }

    private static IntStream newlines(String text) {
        return IntStream.range(0, text.length()).filter(i -> text.charAt(i) == '\n');
    }

    SourceSpan of(Token token) {
        if (token.getType() == Token.EOF) {
            return endOfFile();
        }
        int start = start(token);
        int found = Arrays.binarySearch(lineStarts, start);
        int line = found >= 0 ? found : -found - 2;
        int length = Math.max(end(token) - start, 1);
        return new SourceSpan(source.name(), line + 1, start - lineStarts[line] + 1, start, length);
    }

    SourceSpan of(ParserRuleContext context) {
        Token last = context.getStop() == null ? context.getStart() : context.getStop();
        return of(context.getStart()).through(of(last));
    }

    int start(Token token) {
        return chars(token.getStartIndex());
    }

    int end(Token token) {
        return chars(token.getStopIndex() + 1);
    }

    String text() {
        return source.text();
    }

    /** Behind the last visible character: a caret in an empty last line helps nobody. */
    private SourceSpan endOfFile() {
        int end = source.text().stripTrailing().length();
        return source.span(end, 1);
    }

    private int chars(int codePoints) {
        int bounded = Math.max(codePoints, 0);
        return codePointsAreChars ? bounded : source.text().offsetByCodePoints(0, bounded);
    }
}
