package dev.dovetail.grammar.syntax;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** A number as written: {@code 300B}, {@code 1e-3}, {@code 95%}. */
public record NumberAtom(String text, SourceSpan span) implements Atom {
    private static final Map<Character, Integer> POWER_OF_TEN = Map.of('k', 3, 'M', 6, 'B', 9, 'T', 12);

    /** The exact value, with magnitude and percent sign applied. */
    public BigDecimal value() {
        String digits = text.replace("%", "");
        int power = POWER_OF_TEN.getOrDefault(digits.charAt(digits.length() - 1), 0);
        BigDecimal value = new BigDecimal(power == 0 ? digits : digits.substring(0, digits.length() - 1));
        return value.scaleByPowerOfTen(isPercent() ? power - 2 : power);
    }

    public boolean isPercent() {
        return text.endsWith("%");
    }

    @Override
    public List<Node> children() {
        return List.of();
    }
}
