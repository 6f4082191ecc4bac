package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.parse.DovetailParser.BlockContext;
import dev.dovetail.grammar.parse.DovetailParser.DeclarationContext;
import dev.dovetail.grammar.parse.DovetailParser.DefinitionContext;
import dev.dovetail.grammar.parse.DovetailParser.EntryContext;
import dev.dovetail.grammar.parse.DovetailParser.ImportFileContext;
import dev.dovetail.grammar.parse.DovetailParser.JobContext;
import dev.dovetail.grammar.parse.DovetailParser.NamedEntryContext;
import dev.dovetail.grammar.parse.DovetailParser.NamelessDeclarationContext;
import dev.dovetail.grammar.parse.DovetailParser.SpecContext;
import dev.dovetail.grammar.parse.DovetailParser.UnknownDeclarationContext;
import dev.dovetail.grammar.parse.DovetailParser.UnknownEntryContext;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Block;
import dev.dovetail.grammar.syntax.Declaration;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.Import;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.JobVerb;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.StringAtom;
import dev.dovetail.grammar.syntax.Trivia;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;

/** Turns the parser's tree into ours, hands each comment to the statement it belongs to, and reports what is left over. */
final class TreeBuilder {
    private final SourceText source;
    private final TokenPlaces places;
    private final Comments comments;
    private final Diagnostics diagnostics;
    private final AtomBuilder atoms;
    private final Headlines headlines;
    /** Comments from inside the statement being built; they move above it. */
    private List<String> hoisted = new ArrayList<>();

    TreeBuilder(SourceText source, TokenPlaces places, Comments comments, Diagnostics diagnostics) {
        this.source = source;
        this.places = places;
        this.comments = comments;
        this.diagnostics = diagnostics;
        this.atoms = new AtomBuilder(places, diagnostics);
        this.headlines = new Headlines(diagnostics);
    }

    SpecFile build(SpecContext context) {
        int end = source.text().length();
        List<Declaration> declarations = statements(context.declaration(), end, this::declaration);
        return new SpecFile(declarations, comments.before(end, !declarations.isEmpty()), source.span(0, end));
    }

    /** Builds statements in order, each with the comments around it; those that mean nothing are reported and left out. */
    private <C extends ParserRuleContext, T> List<T> statements(
            List<C> contexts, int end, Function<C, Statement<T>> build) {
        List<T> built = new ArrayList<>();
        int previousEnd = -1;
        for (int i = 0; i < contexts.size(); i++) {
            C context = contexts.get(i);
            if (isEmpty(context)) {
                continue;
            }
            int start = places.start(context.getStart());
            int limit =
                    i + 1 < contexts.size() ? places.start(contexts.get(i + 1).getStart()) : end;
            List<String> before = comments.before(start, previousEnd >= 0);
            boolean joined = previousEnd >= 0
                    && !source.text().substring(previousEnd, start).contains("\n");
            List<String> outer = hoisted;
            hoisted = new ArrayList<>();
            Statement<T> statement = build.apply(context);
            previousEnd = Math.max(start, places.of(context).end());
            hoisted.addAll(comments.inside(previousEnd));
            before.addAll(hoisted);
            hoisted = outer;
            String after = comments.trailing(previousEnd, limit);
            statement
                    .finish(new Trivia(before, after, joined && before.isEmpty()))
                    .ifPresent(built::add);
        }
        return built;
    }

    /** A statement that lacks only its trivia; without a value if it was wrong. */
    private interface Statement<T> {
        Optional<T> finish(Trivia trivia);
    }

    private Statement<Declaration> declaration(DeclarationContext context) {
        return switch (context) {
            case ImportFileContext importing -> importing(importing);
            case DefinitionContext definition -> definition(definition);
            case JobContext job -> job(job);
            case UnknownDeclarationContext unknown -> unknown(unknown);
            case NamelessDeclarationContext nameless -> nameless(nameless.block());
            default -> ignored -> Optional.empty();
        };
    }

    private Statement<Declaration> importing(ImportFileContext context) {
        SourceSpan span = places.of(context);
        if (context.STRING() == null) {
            return ignored -> Optional.empty();
        }
        StringAtom path = atoms.string(context.STRING().getSymbol());
        return trivia -> Optional.of(new Import(path, trivia, span));
    }

    private Statement<Declaration> definition(DefinitionContext context) {
        DefinitionKind kind =
                DefinitionKind.of(context.definitionKind().getText()).orElseThrow();
        Optional<Block> block = Optional.ofNullable(context.block()).map(this::block);
        SourceSpan span = places.of(context);
        return trivia -> Optional.of(new Definition(
                kind,
                atoms.label(context.label()),
                context.clause().stream().map(atoms::clause).toList(),
                block,
                trivia,
                span));
    }

    private Statement<Declaration> job(JobContext context) {
        JobVerb verb = JobVerb.of(context.jobVerb().getText()).orElseThrow();
        Optional<Block> block = Optional.ofNullable(context.block()).map(this::block);
        SourceSpan span = places.of(context);
        return trivia -> Optional.of(new Job(
                verb,
                atoms.label(context.subject),
                atoms.label(context.cluster),
                Optional.ofNullable(context.alias).map(atoms::label),
                block,
                trivia,
                span));
    }

    /** What is inside is still read: its own mistakes are worth reporting too. */
    private Statement<Declaration> unknown(UnknownDeclarationContext context) {
        headlines.report(atoms.all(context.atom()));
        Optional.ofNullable(context.block()).ifPresent(this::block);
        return ignored -> Optional.empty();
    }

    private <T> Statement<T> nameless(BlockContext context) {
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.MALFORMED_ENTRY, places.of(context.getStart()), "a block without a name")
                .withHelp("write the name of what the block describes before `{`"));
        block(context);
        return ignored -> Optional.empty();
    }

    private Block block(BlockContext context) {
        Token brace = context.getStart();
        int open = places.end(brace);
        int close = context.RBRACE() == null
                ? places.of(context).end()
                : places.start(context.RBRACE().getSymbol());
        hoisted.addAll(comments.inside(places.start(brace)));
        int first = context.entry().isEmpty()
                ? close
                : places.start(context.entry().getFirst().getStart());
        String opening = comments.trailing(open, first);
        List<Entry> entries = statements(context.entry(), close, this::entry);
        List<String> closing = comments.before(Math.max(open, close), !entries.isEmpty());
        boolean inline = !source.text().substring(open, Math.max(open, close)).contains("\n");
        return new Block(entries, opening, withoutBlankEnd(closing), inline, places.of(context));
    }

    private Statement<Entry> entry(EntryContext context) {
        return switch (context) {
            case NamedEntryContext named -> named(named);
            case UnknownEntryContext unknown -> unknownEntry(unknown);
            case DovetailParser.NamelessEntryContext nameless -> nameless(nameless.block());
            default -> ignored -> Optional.empty();
        };
    }

    private Statement<Entry> named(NamedEntryContext context) {
        List<Atom> read = new ArrayList<>();
        read.add(atoms.head(context));
        read.addAll(atoms.all(context.atom()));
        Optional<Block> block = Optional.ofNullable(context.block()).map(this::block);
        SourceSpan span = places.of(context);
        return trivia -> Optional.of(new Entry(read, block, trivia, span));
    }

    private Statement<Entry> unknownEntry(UnknownEntryContext context) {
        diagnostics.report(Diagnostic.error(
                        DiagnosticCode.MALFORMED_ENTRY,
                        places.of(context.getStart()),
                        "expected `<entry>`, found `" + context.getStart().getText() + "`")
                .withNote("an entry begins with its name"));
        Optional.ofNullable(context.block()).ifPresent(this::block);
        return ignored -> Optional.empty();
    }

    /** After a failed recovery the parser leaves contexts that cover no text. */
    private static boolean isEmpty(ParserRuleContext context) {
        return context.getStart() == null || context.getChildCount() == 0;
    }

    private static List<String> withoutBlankEnd(List<String> lines) {
        int end = lines.size();
        while (end > 0 && lines.get(end - 1).isEmpty()) {
            end--;
        }
        return lines.subList(0, end);
    }
}
