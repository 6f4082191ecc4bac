package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.PathAtom;
import dev.dovetail.grammar.syntax.Phrase;
import dev.dovetail.grammar.syntax.StringAtom;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.NamedDimension;
import dev.dovetail.ir.units.Quantity;
import dev.dovetail.ir.units.UnitCatalog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads the atoms of one entry by the forms its schema allows; of several failures the one that came furthest counts. */
final class FormReader {
    /** Times are divided by these; sizes of zero hold nothing. */
    private static final Set<Dimension> DIVISORS = Set.of(Dimension.BYTES, Dimension.BANDWIDTH, Dimension.COMPUTE);

    private final Entry entry;
    private final Scope scope;
    /** Words with a place in the forms; behind a number none of them is a misspelled unit. */
    private final Set<String> words = new HashSet<>();

    FormReader(Entry entry, Scope scope) {
        this.entry = entry;
        this.scope = scope;
    }

    /** What was said in each named slot; throws {@link Mistake} when no form fits. */
    Map<String, Setting> read(EntrySchema schema) {
        schema.forms()
                .forEach(form -> form.forEach(slot -> {
                    if (slot instanceof Slot.Word word) {
                        words.add(word.text());
                    }
                }));
        Optional<Mistake> best = Optional.empty();
        int furthest = -1;
        for (List<Slot> form : schema.forms()) {
            AtomCursor cursor = new AtomCursor(entry.values(), Spans.behindAtoms(entry));
            try {
                return read(form, cursor);
            } catch (Mistake mistake) {
                if (cursor.position() > furthest) {
                    furthest = cursor.position();
                    best = Optional.of(mistake);
                }
            }
        }
        throw best.orElseThrow(() -> new IllegalStateException("no form to read `" + schema.name() + "` by"));
    }

    private Map<String, Setting> read(List<Slot> form, AtomCursor cursor) {
        Map<String, Setting> said = new LinkedHashMap<>();
        for (Slot slot : form) {
            read(slot, cursor, said);
        }
        if (!cursor.atEnd()) {
            throw new Mistake(superfluous(cursor));
        }
        return said;
    }

    private void read(Slot slot, AtomCursor cursor, Map<String, Setting> said) {
        switch (slot) {
            case Slot.Word word -> cursor.expect(word.text());
            case Slot.Count count -> said.put(count.name(), count(cursor));
            case Slot.Real real -> said.put(real.name(), measure(cursor, Dimension.NONE));
            case Slot.Measure measure -> said.put(measure.name(), measure(cursor, measure.dimension()));
            case Slot.Choice choice -> said.put(choice.name(), choice(cursor, choice.choices()));
            case Slot.Text text -> said.put(text.name(), text(cursor));
            case Slot.Names names -> said.put(names.name(), names(cursor));
            case Slot.Numbers numbers -> said.put(numbers.name(), numbers(cursor));
        }
    }

    private String name() {
        return AtomNames.of(entry.head());
    }

    private Setting count(AtomCursor cursor) {
        Expressions.Valued valued = quantity(cursor, Dimension.NONE);
        Quantity quantity = valued.quantity();
        if (!quantity.isWhole() || quantity.value() < 0) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.WRONG_VALUE,
                    valued.span(),
                    "`" + name() + "` expects a whole number, found " + quantity));
        }
        return new Setting.Number(quantity, Origins.of(valued.span()));
    }

    private Setting measure(AtomCursor cursor, Dimension dimension) {
        Expressions.Valued valued = quantity(cursor, dimension);
        double value = valued.quantity().value();
        boolean physical = !dimension.equals(Dimension.NONE);
        if (physical && (value < 0 || value == 0 && DIVISORS.contains(dimension))) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    valued.span(),
                    "`" + name() + "` is " + dimension.inWords() + " above 0, found " + valued.quantity()));
        }
        return new Setting.Number(valued.quantity(), Origins.of(valued.span()));
    }

    private Expressions.Valued quantity(AtomCursor cursor, Dimension dimension) {
        if (cursor.atEnd()) {
            throw new Mistake(
                    cursor.expected("`" + placeholder(dimension) + "`").withHelp(example(dimension)));
        }
        Expressions.Valued valued = Expressions.read(cursor, scope);
        if (!valued.quantity().dimension().equals(dimension)) {
            throw new Mistake(wrongDimension(cursor, valued, dimension));
        }
        return valued;
    }

    private Diagnostic wrongDimension(AtomCursor cursor, Expressions.Valued valued, Dimension expected) {
        boolean word = cursor.isNext(NameAtom.class) && !words.contains(AtomNames.of(cursor.peek()));
        if (valued.quantity().isNumber() && word) {
            return unknownUnit((NameAtom) cursor.peek());
        }
        String message = "`" + name() + "` expects " + expected.inWords() + ", found " + valued.quantity()
                + (valued.quantity().isNumber()
                        ? ""
                        : ", " + valued.quantity().dimension().inWords());
        return Diagnostic.error(DiagnosticCode.WRONG_DIMENSION, valued.span(), message)
                .withHelp(example(expected));
    }

    private static Diagnostic unknownUnit(NameAtom name) {
        List<String> symbols =
                UnitCatalog.ALL.stream().map(unit -> unit.symbol()).toList();
        return Diagnostic.error(DiagnosticCode.UNKNOWN_UNIT, name.span(), "no unit is called `" + name.text() + "`")
                .withNearest(name.text(), symbols);
    }

    /** A word behind a number that needs no unit reads like one all the same. */
    private Diagnostic superfluous(AtomCursor cursor) {
        return Diagnostic.error(
                DiagnosticCode.WRONG_VALUE,
                cursor.here(),
                "`" + name() + "` does not expect `" + AtomNames.of(cursor.peek()) + "` here");
    }

    private static String placeholder(Dimension dimension) {
        return NamedDimension.of(dimension)
                .map(named -> "<" + named.words().replaceFirst("^an? ", "") + ">")
                .orElse("<value>");
    }

    private String example(Dimension dimension) {
        return NamedDimension.of(dimension)
                .map(named -> "such as `" + name() + " " + named.example() + "`")
                .orElse("a value in " + dimension.inWords());
    }

    private Setting choice(AtomCursor cursor, List<String> choices) {
        String expected = choices.isEmpty() ? "a name" : "one of " + String.join(", ", choices);
        if (cursor.atEnd() || !isChoice(cursor)) {
            throw new Mistake(cursor.expected(expected));
        }
        String word = AtomNames.of(cursor.peek());
        if (!choices.isEmpty() && !choices.contains(word)) {
            throw new Mistake(cursor.expected(expected).withNearest(word, choices));
        }
        return new Setting.Word(word, Origins.of(cursor.next()));
    }

    private static boolean isChoice(AtomCursor cursor) {
        return cursor.isNext(NameAtom.class) || cursor.isNext(PathAtom.class);
    }

    private static Setting text(AtomCursor cursor) {
        if (!cursor.isNext(StringAtom.class)) {
            throw new Mistake(cursor.expected("text in quotes"));
        }
        StringAtom text = (StringAtom) cursor.next();
        return new Setting.Word(text.value(), Origins.of(text));
    }

    private static Setting names(AtomCursor cursor) {
        ListAtom list = list(cursor);
        List<String> names = new ArrayList<>();
        for (Phrase item : list.items()) {
            AtomCursor inside = new AtomCursor(item.atoms(), item.span().after());
            if (!isChoice(inside)) {
                throw new Mistake(inside.expected("a name"));
            }
            names.add(AtomNames.of(inside.next()));
            inside.expectEnd();
        }
        return new Setting.Words(names, Origins.of(list));
    }

    private Setting numbers(AtomCursor cursor) {
        ListAtom list = list(cursor);
        List<Quantity> numbers = new ArrayList<>();
        for (Phrase item : list.items()) {
            AtomCursor inside = new AtomCursor(item.atoms(), item.span().after());
            numbers.add(Expressions.read(inside, scope).quantity());
            inside.expectEnd();
        }
        return new Setting.Numbers(numbers, Origins.of(list));
    }

    private static ListAtom list(AtomCursor cursor) {
        if (!cursor.isNext(ListAtom.class)) {
            throw new Mistake(cursor.expected("a list in brackets"));
        }
        return (ListAtom) cursor.next();
    }
}
