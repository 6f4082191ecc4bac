package dev.dovetail.grammar.format;

import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Block;
import dev.dovetail.grammar.syntax.Clause;
import dev.dovetail.grammar.syntax.ClauseKind;
import dev.dovetail.grammar.syntax.Declaration;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.GroupAtom;
import dev.dovetail.grammar.syntax.Import;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.JobVerb;
import dev.dovetail.grammar.syntax.Label;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.Operator;
import dev.dovetail.grammar.syntax.OperatorAtom;
import dev.dovetail.grammar.syntax.PathAtom;
import dev.dovetail.grammar.syntax.Phrase;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.grammar.syntax.StringAtom;
import dev.dovetail.grammar.syntax.Trivia;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/** Trees of every shape the language has, drawn from a seed. */
final class RandomSpecs {
    private static final SourceSpan NOWHERE = new SourceSpan("random", 1, 1, 0, 0);
    private static final List<String> WORDS = List.of(
            "width",
            "attention",
            "heads",
            "x",
            "s",
            "GB",
            "model",
            "node",
            "on",
            "from",
            "a",
            "TFLOPS",
            "import",
            "_b2");
    private static final List<String> NUMBERS =
            List.of("0", "8", "300B", "1.25", "1e-3", "95%", "400k", "1T", "2.5M", "12%", "1e6", "0.5%");
    private static final List<String> PATHS = List.of("attention.q", "mlp.*", "a.b.c", "layers.0", "x.y.*");
    private static final List<String> STRINGS =
            List.of("", "config.json", "a \"quoted\" word", "back\\slash", "// no comment", "two\nlines", "Füße → 12");

    private final Random random;

    RandomSpecs(long seed) {
        this.random = new Random(seed);
    }

    SpecFile file() {
        return new SpecFile(listOf(6, this::declaration), comments(), NOWHERE);
    }

    private Declaration declaration() {
        Trivia trivia = trivia(false);
        return switch (random.nextInt(4)) {
            case 0 -> new Import(string(), trivia, NOWHERE);
            case 1 ->
                new Job(
                        pick(JobVerb.values()),
                        label(),
                        label(),
                        maybe(this::label),
                        maybe(this::block),
                        trivia,
                        NOWHERE);
            default ->
                new Definition(
                        pick(DefinitionKind.values()),
                        label(),
                        listOf(2, this::clause),
                        maybe(this::block),
                        trivia,
                        NOWHERE);
        };
    }

    private Block block() {
        return block(3);
    }

    private Block block(int depth) {
        String opening = random.nextInt(6) == 0 ? comment() : "";
        return new Block(listOf(5, () -> entry(depth)), opening, comments(), random.nextBoolean(), NOWHERE);
    }

    private Entry entry(int depth) {
        List<Atom> atoms = new ArrayList<>();
        atoms.add(
                switch (random.nextInt(8)) {
                    case 0 -> number();
                    case 1 -> path();
                    default -> name();
                });
        atoms.addAll(atoms(4, 2));
        Optional<Block> block = depth == 0 || random.nextInt(3) > 0 ? Optional.empty() : Optional.of(block(depth - 1));
        return new Entry(writable(atoms), block, trivia(random.nextBoolean()), NOWHERE);
    }

    private List<Atom> atoms(int most, int depth) {
        return listOf(most, () -> atom(depth));
    }

    private Atom atom(int depth) {
        return switch (random.nextInt(depth > 0 ? 9 : 7)) {
            case 0, 1 -> number();
            case 2, 3 -> name();
            case 4 -> path();
            case 5 -> string();
            case 6 -> new OperatorAtom(pick(Operator.values()), NOWHERE);
            case 7 -> new ListAtom(listOf(3, () -> new Phrase(some(depth - 1), NOWHERE)), NOWHERE);
            default -> new GroupAtom(some(depth - 1), NOWHERE);
        };
    }

    private List<Atom> some(int depth) {
        List<Atom> atoms = new ArrayList<>(atoms(3, depth));
        atoms.add(name());
        return writable(atoms);
    }

    /** Between numbers the word x is an operator, and elsewhere the operator is a word: other trees cannot be written. */
    private static List<Atom> writable(List<Atom> atoms) {
        List<Atom> written = new ArrayList<>(atoms);
        for (int i = 0; i < written.size(); i++) {
            boolean between = i > 0
                    && i + 1 < written.size()
                    && written.get(i - 1) instanceof NumberAtom
                    && written.get(i + 1) instanceof NumberAtom;
            boolean cross = written.get(i) instanceof OperatorAtom atom && atom.operator() == Operator.CROSS;
            boolean word =
                    written.get(i) instanceof NameAtom name && name.text().equals("x");
            if (cross && !between) {
                written.set(i, new NameAtom("x", NOWHERE));
            } else if (word && between) {
                written.set(i, new OperatorAtom(Operator.CROSS, NOWHERE));
            }
        }
        // A newline behind an operator does not end an entry.
        if (written.getLast() instanceof OperatorAtom) {
            written.add(new NameAtom("last", NOWHERE));
        }
        return written;
    }

    private Trivia trivia(boolean joined) {
        return new Trivia(comments(), random.nextInt(6) == 0 ? comment() : "", joined);
    }

    private List<String> comments() {
        return random.nextInt(5) > 0 ? List.of() : listOf(3, () -> random.nextInt(3) == 0 ? "" : comment());
    }

    private String comment() {
        return "// note " + random.nextInt(1000);
    }

    private Label label() {
        return random.nextBoolean() ? new Label(pick(STRINGS), true, NOWHERE) : new Label(pick(WORDS), false, NOWHERE);
    }

    private Clause clause() {
        return new Clause(pick(ClauseKind.values()), label(), NOWHERE);
    }

    private NumberAtom number() {
        return new NumberAtom(pick(NUMBERS), NOWHERE);
    }

    private NameAtom name() {
        return new NameAtom(pick(WORDS), NOWHERE);
    }

    private PathAtom path() {
        return new PathAtom(pick(PATHS), NOWHERE);
    }

    private StringAtom string() {
        return new StringAtom(pick(STRINGS), NOWHERE);
    }

    private <T> Optional<T> maybe(Supplier<T> supplier) {
        return random.nextBoolean() ? Optional.of(supplier.get()) : Optional.empty();
    }

    private <T> List<T> listOf(int most, Supplier<? extends T> supplier) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            list.add(supplier.get());
        }
        return list;
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private <T> T pick(T[] from) {
        return from[random.nextInt(from.length)];
    }
}
