package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.GroupAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.Operator;
import dev.dovetail.grammar.syntax.OperatorAtom;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.ir.units.Quantity;
import dev.dovetail.ir.units.Unit;
import dev.dovetail.ir.units.UnitCatalog;
import java.util.Optional;
import java.util.function.BinaryOperator;

/** Arithmetic over numbers with units and names in scope; dimensions are checked as it goes. */
final class Expressions {

    /** A value and the text that gave it. */
    record Valued(Quantity quantity, SourceSpan span) {}

    private final AtomCursor cursor;
    private final Scope scope;

    private Expressions(AtomCursor cursor, Scope scope) {
        this.cursor = cursor;
        this.scope = scope;
    }

    /** Reads as much as is an expression; a {@link Mistake} where none begins. */
    static Valued read(AtomCursor cursor, Scope scope) {
        int start = cursor.position();
        Quantity quantity = new Expressions(cursor, scope).sum();
        return new Valued(quantity, cursor.spanFrom(start));
    }

    /** The unit at the cursor, such as {@code GB/s}, which directly follows its number. */
    static Optional<Unit> readUnit(AtomCursor cursor) {
        if (!isUnit(cursor, 0)) {
            return Optional.empty();
        }
        Unit unit = unitAt(cursor);
        while (cursor.isOperator(Operator.DIVIDE) && isUnit(cursor, 1)) {
            cursor.next();
            unit = unit.per(unitAt(cursor));
        }
        return Optional.of(unit);
    }

    private static boolean isUnit(AtomCursor cursor, int ahead) {
        return cursor.isAt(ahead, NameAtom.class)
                && UnitCatalog.find(((NameAtom) cursor.peek(ahead)).text()).isPresent();
    }

    private static Unit unitAt(AtomCursor cursor) {
        return UnitCatalog.find(((NameAtom) cursor.next()).text()).orElseThrow();
    }

    private Quantity sum() {
        int start = cursor.position();
        Quantity value = product();
        while (cursor.isOperator(Operator.PLUS) || cursor.isOperator(Operator.MINUS)) {
            Operator operator = ((OperatorAtom) cursor.next()).operator();
            BinaryOperator<Quantity> apply = operator == Operator.PLUS ? Quantity::plus : Quantity::minus;
            value = combined(apply, value, product(), start);
        }
        return value;
    }

    private Quantity product() {
        int start = cursor.position();
        Quantity value = factor();
        while (cursor.isOperator(Operator.TIMES) || cursor.isOperator(Operator.DIVIDE)) {
            Operator operator = ((OperatorAtom) cursor.next()).operator();
            BinaryOperator<Quantity> apply = operator == Operator.TIMES ? Quantity::times : Quantity::dividedBy;
            value = combined(apply, value, factor(), start);
        }
        return value;
    }

    private Quantity combined(BinaryOperator<Quantity> operator, Quantity left, Quantity right, int start) {
        try {
            return operator.apply(left, right);
        } catch (IllegalArgumentException impossible) {
            throw new Mistake(
                    Diagnostic.error(DiagnosticCode.WRONG_DIMENSION, cursor.spanFrom(start), impossible.getMessage()));
        }
    }

    private Quantity factor() {
        if (cursor.isOperator(Operator.MINUS)) {
            cursor.next();
            return Quantity.number(-1).times(factor());
        }
        if (cursor.isNext(NumberAtom.class)) {
            return number();
        }
        if (cursor.isNext(GroupAtom.class)) {
            return group((GroupAtom) cursor.next());
        }
        if (cursor.isNext(NameAtom.class)) {
            return scope.value((NameAtom) cursor.next());
        }
        throw new Mistake(cursor.expected("a number"));
    }

    private Quantity number() {
        double amount = amount((NumberAtom) cursor.next());
        if (cursor.isOperator(Operator.DIVIDE) && isUnit(cursor, 1) && !scope.knows(nameAt(1))) {
            cursor.next();
            Unit unit = readUnit(cursor).orElseThrow();
            return Quantity.number(amount).dividedBy(Quantity.of(1, unit));
        }
        return readUnit(cursor).map(unit -> Quantity.of(amount, unit)).orElseGet(() -> Quantity.number(amount));
    }

    private static double amount(NumberAtom number) {
        double amount = number.value().doubleValue();
        if (Double.isInfinite(amount)) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    number.span(),
                    "`" + number.text() + "` is more than can be computed with"));
        }
        return amount;
    }

    private String nameAt(int ahead) {
        return ((NameAtom) cursor.peek(ahead)).text();
    }

    private Quantity group(GroupAtom group) {
        AtomCursor inside = new AtomCursor(group.atoms(), group.span().after());
        Quantity value = new Expressions(inside, scope).sum();
        inside.expectEnd();
        return value;
    }
}
