package dev.dovetail.grammar.syntax;

import java.util.Arrays;
import java.util.Optional;

/** The operators of the language. */
public enum Operator {
    AT_MOST("<="),
    AT_LEAST(">="),
    BELOW("<"),
    ABOVE(">"),
    ARROW("->"),
    RANGE(".."),
    EQUALS("="),
    PLUS("+"),
    MINUS("-"),
    TIMES("*"),
    DIVIDE("/"),
    /** {@code 8 x 200 Gbps}: eight of them. */
    CROSS("x");

    private final String symbol;

    Operator(String symbol) {
        this.symbol = symbol;
    }

    public String symbol() {
        return symbol;
    }

    public static Optional<Operator> of(String symbol) {
        return Arrays.stream(values())
                .filter(operator -> operator.symbol.equals(symbol))
                .findFirst();
    }
}
