package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.ir.units.Quantity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Names an expression may use: the entries of the blocks around it, innermost first. Order does not matter. */
final class Scope {
    static final Scope EMPTY = new Scope(Optional.empty(), List.of(), Set.of());

    private final Optional<Scope> outer;
    private final List<Entry> entries;
    /** Names on the way to this expression; meeting one again is a cycle. */
    private final Set<Entry> underway;

    private Scope(Optional<Scope> outer, List<Entry> entries, Set<Entry> underway) {
        this.outer = outer;
        this.entries = entries;
        this.underway = underway;
    }

    Scope inside(List<Entry> block) {
        return new Scope(Optional.of(this), block, underway);
    }

    boolean knows(String name) {
        return definition(name).isPresent()
                || outer.map(scope -> scope.knows(name)).orElse(false);
    }

    /** The value of a name, or a {@link Mistake} at the place that uses it. */
    Quantity value(NameAtom use) {
        Optional<Entry> entry = definition(use.text());
        if (entry.isPresent()) {
            return value(entry.get(), use);
        }
        return outer.orElseThrow(() -> new Mistake(unknown(use))).valueOr(use, this);
    }

    private Quantity valueOr(NameAtom use, Scope asking) {
        if (!knows(use.text())) {
            throw new Mistake(asking.unknown(use));
        }
        return value(use);
    }

    private Quantity value(Entry entry, NameAtom use) {
        if (underway.contains(entry)) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.CYCLE, use.span(), "the value of `" + use.text() + "` depends on itself")
                    .withRelated(entry.head().span(), "declared here"));
        }
        Set<Entry> deeper = new LinkedHashSet<>(underway);
        deeper.add(entry);
        AtomCursor cursor = new AtomCursor(entry.values(), entry.head().span().after());
        return Expressions.read(cursor, new Scope(outer, entries, deeper)).quantity();
    }

    private Optional<Entry> definition(String name) {
        return entries.stream()
                .filter(entry -> entry.keyword().equals(name) && !entry.values().isEmpty())
                .findFirst();
    }

    private Diagnostic unknown(NameAtom use) {
        return Diagnostic.error(DiagnosticCode.UNKNOWN_NAME, use.span(), "no value is called `" + use.text() + "` here")
                .withNearest(use.text(), names());
    }

    private List<String> names() {
        List<String> names = new ArrayList<>(entries.stream()
                .map(Entry::keyword)
                .filter(name -> !name.isEmpty())
                .toList());
        outer.ifPresent(scope -> names.addAll(scope.names()));
        return names;
    }
}
