package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.failure.UsageException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Options of a command line by name; one given twice counts as said last. */
record Arguments(Map<String, String> values) {
    /**
     * @param valued options that take a value
     * @param flags options that take none
     * @param help what may be said, where something else is
     */
    static Arguments parse(String[] arguments, List<String> valued, List<String> flags, String help) {
        var values = new LinkedHashMap<String, String>();
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        while (!rest.isEmpty()) {
            String option = rest.pop();
            if (flags.contains(option)) {
                values.put(option, "");
            } else if (!valued.contains(option)) {
                throw new UsageException("unknown option `" + option + "`", help);
            } else if (rest.isEmpty()) {
                throw new UsageException("`" + option + "` needs a value", "write it after the option");
            } else {
                values.put(option, rest.pop());
            }
        }
        return new Arguments(values);
    }

    boolean has(String flag) {
        return values.containsKey(flag);
    }

    Optional<String> text(String option) {
        return Optional.ofNullable(values.get(option));
    }

    /** A number that is not negative, {@code usual} where none is given. */
    double number(String option, double usual) {
        return text(option).map(text -> number(option, text)).orElse(usual);
    }

    static double number(String option, String value) {
        try {
            double number = Double.parseDouble(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, with what it should have been.
        }
        throw new UsageException(
                "`" + option + "` needs a number that is not negative, not `" + value + "`", "correct it");
    }
}
