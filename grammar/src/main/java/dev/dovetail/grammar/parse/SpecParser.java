package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import java.util.List;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ListTokenSource;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;

/** Reads a spec. Never fails: what cannot be read is reported and left out of the tree. */
public final class SpecParser {
    private SpecParser() {}

    public static ParsedSpec parse(SourceText source) {
        Diagnostics diagnostics = new Diagnostics();
        TokenPlaces places = new TokenPlaces(source);
        List<? extends Token> all = allTokens(source);
        List<Token> repaired = new TokenRepair(all, places, diagnostics).repaired();

        DovetailParser parser = new DovetailParser(new CommonTokenStream(new ListTokenSource(repaired)));
        // Nothing here needs the caller's context to be told apart, and this mode is the faster one.
        parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
        parser.removeErrorListeners();
        parser.addErrorListener(new ErrorWording(places, diagnostics));

        Comments comments = Comments.of(all, places);
        SpecFile file = new TreeBuilder(source, places, comments, diagnostics).build(parser.spec());
        return new ParsedSpec(source, file, diagnostics.sorted());
    }

    private static List<? extends Token> allTokens(SourceText source) {
        DovetailLexer lexer = new DovetailLexer(CharStreams.fromString(source.text(), source.name()));
        // The lexer accepts every character (as STRAY if need be), so its own messages never arise.
        lexer.removeErrorListeners();
        return lexer.getAllTokens();
    }
}
