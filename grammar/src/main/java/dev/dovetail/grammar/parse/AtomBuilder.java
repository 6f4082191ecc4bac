package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.parse.DovetailParser.AtomContext;
import dev.dovetail.grammar.parse.DovetailParser.ClauseContext;
import dev.dovetail.grammar.parse.DovetailParser.ExtendsClauseContext;
import dev.dovetail.grammar.parse.DovetailParser.FromClauseContext;
import dev.dovetail.grammar.parse.DovetailParser.GroupContext;
import dev.dovetail.grammar.parse.DovetailParser.LabelContext;
import dev.dovetail.grammar.parse.DovetailParser.ListContext;
import dev.dovetail.grammar.parse.DovetailParser.NameContext;
import dev.dovetail.grammar.parse.DovetailParser.NamedEntryContext;
import dev.dovetail.grammar.parse.DovetailParser.NumberContext;
import dev.dovetail.grammar.parse.DovetailParser.OfClauseContext;
import dev.dovetail.grammar.parse.DovetailParser.OperationContext;
import dev.dovetail.grammar.parse.DovetailParser.PathContext;
import dev.dovetail.grammar.parse.DovetailParser.PhraseContext;
import dev.dovetail.grammar.parse.DovetailParser.TextContext;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Clause;
import dev.dovetail.grammar.syntax.ClauseKind;
import dev.dovetail.grammar.syntax.GroupAtom;
import dev.dovetail.grammar.syntax.Label;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.Operator;
import dev.dovetail.grammar.syntax.OperatorAtom;
import dev.dovetail.grammar.syntax.PathAtom;
import dev.dovetail.grammar.syntax.Phrase;
import dev.dovetail.grammar.syntax.StringAtom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.Token;

/** Builds the smallest pieces of the tree; none of them carries comments. */
final class AtomBuilder {
    private final TokenPlaces places;
    private final Diagnostics diagnostics;

    AtomBuilder(TokenPlaces places, Diagnostics diagnostics) {
        this.places = places;
        this.diagnostics = diagnostics;
    }

    /** Atoms that an error left empty are skipped. */
    List<Atom> all(List<AtomContext> contexts) {
        return contexts.stream().flatMap(context -> atom(context).stream()).toList();
    }

    Atom head(NamedEntryContext context) {
        if (context.word() != null) {
            return new NameAtom(context.word().getText(), places.of(context.word()));
        }
        Token token = context.getStart();
        return token.getType() == DovetailLexer.PATH
                ? new PathAtom(token.getText(), places.of(token))
                : new NumberAtom(token.getText(), places.of(token));
    }

    StringAtom string(Token token) {
        return new StringAtom(unquoted(token), places.of(token));
    }

    Label label(LabelContext context) {
        return context.STRING() == null
                ? new Label(context.getText(), false, places.of(context))
                : new Label(unquoted(context.STRING().getSymbol()), true, places.of(context));
    }

    Clause clause(ClauseContext context) {
        return switch (context) {
            case FromClauseContext from -> new Clause(ClauseKind.FROM, label(from.label()), places.of(from));
            case ExtendsClauseContext parent ->
                new Clause(ClauseKind.EXTENDS, label(parent.label()), places.of(parent));
            case OfClauseContext base -> new Clause(ClauseKind.OF, label(base.label()), places.of(base));
            default -> throw new IllegalStateException("a clause of no known kind: " + context.getText());
        };
    }

    private Optional<Atom> atom(AtomContext context) {
        return switch (context) {
            case NumberContext number -> Optional.of(new NumberAtom(number.getText(), places.of(number)));
            case NameContext name -> Optional.of(new NameAtom(name.getText(), places.of(name)));
            case PathContext path -> Optional.of(new PathAtom(path.getText(), places.of(path)));
            case TextContext text -> Optional.of(string(text.getStart()));
            case OperationContext operation -> operator(operation);
            case ListContext list -> Optional.of(list(list));
            case GroupContext group -> group(group);
            default -> Optional.empty();
        };
    }

    private Optional<Atom> operator(OperationContext context) {
        return Operator.of(context.getText()).map(operator -> new OperatorAtom(operator, places.of(context)));
    }

    /** A comma may follow the last item; anywhere else two commas have an item between them. */
    private ListAtom list(ListContext context) {
        List<PhraseContext> written = context.items().phrase();
        List<Phrase> items = new ArrayList<>();
        for (int i = 0; i < written.size(); i++) {
            List<Atom> atoms = all(written.get(i).atom());
            if (!atoms.isEmpty()) {
                items.add(new Phrase(atoms, places.of(written.get(i))));
            } else if (i + 1 < written.size()) {
                reportMissingValue(context.items().COMMA(i).getSymbol());
            }
        }
        return new ListAtom(items, places.of(context));
    }

    private Optional<Atom> group(GroupContext context) {
        List<Atom> atoms = context.items().phrase().stream()
                .flatMap(phrase -> all(phrase.atom()).stream())
                .toList();
        if (!context.items().COMMA().isEmpty()) {
            reportMisplacedComma(context.items().COMMA(0).getSymbol());
        } else if (atoms.isEmpty()) {
            reportMissingValue(context.getStop());
        }
        return atoms.isEmpty() ? Optional.empty() : Optional.of(new GroupAtom(atoms, places.of(context)));
    }

    private void reportMissingValue(Token found) {
        diagnostics.report(Diagnostic.error(
                DiagnosticCode.SYNTAX, places.of(found), "expected `<value>`, found `" + found.getText() + "`"));
    }

    private void reportMisplacedComma(Token comma) {
        diagnostics.report(Diagnostic.error(DiagnosticCode.SYNTAX, places.of(comma), "expected `)`, found `,`")
                .withHelp("parentheses hold one expression; a list stands in brackets: `[a, b]`"));
    }

    private static String unquoted(Token token) {
        String text = token.getText();
        return StringAtom.unescape(text.substring(1, Math.max(1, text.length() - 1)));
    }
}
