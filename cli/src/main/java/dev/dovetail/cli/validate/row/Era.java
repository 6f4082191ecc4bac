package dev.dovetail.cli.validate.row;

import dev.dovetail.cli.validate.table.MeasuredTable;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** When a table's runs were made, by what its name and header say. */
final class Era {
    /** A preprint's number begins with year and month. */
    private static final Pattern PREPRINT =
            Pattern.compile("arxiv[: ]\\s*(\\d\\d)\\d\\d\\.\\d{4,5}", Pattern.CASE_INSENSITIVE);
    /** A conference's name ends in the year, such as SC'21. */
    private static final Pattern CONFERENCE = Pattern.compile(
            "\\b(?:SC|OSDI|SOSP|NSDI|ASPLOS|ISCA|MICRO|ATC|MLSYS|EUROSYS)'?(\\d\\d)\\b", Pattern.CASE_INSENSITIVE);

    private static final Pattern DATE = Pattern.compile("\\b(20\\d\\d)-\\d\\d-\\d\\d\\b");

    private Era() {}

    /** The year; empty where nothing says it. */
    static OptionalInt of(MeasuredTable table) {
        OptionalInt preprint = first(PREPRINT, table.header(), 2000);
        if (preprint.isPresent()) {
            return preprint;
        }
        String name = table.name().replace('_', ' ');
        OptionalInt conference = first(CONFERENCE, table.header() + " " + name, 2000);
        return conference.isPresent() ? conference : earliest(table.header());
    }

    private static OptionalInt first(Pattern pattern, String text, int base) {
        Matcher found = pattern.matcher(text);
        return found.find() ? OptionalInt.of(base + Integer.parseInt(found.group(1))) : OptionalInt.empty();
    }

    private static OptionalInt earliest(String text) {
        return DATE.matcher(text)
                .results()
                .mapToInt(result -> Integer.parseInt(result.group(1)))
                .min();
    }
}
