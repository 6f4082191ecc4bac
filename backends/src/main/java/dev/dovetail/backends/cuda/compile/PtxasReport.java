package dev.dovetail.backends.cuda.compile;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@code ptxas -v} prints. */
final class PtxasReport {
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)' for '(\\w+)'");
    private static final Pattern FUNCTION = Pattern.compile("Function properties for (\\w+)");
    private static final Pattern STACK =
            Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern USED = Pattern.compile("Used (\\d+) registers");
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    private final List<KernelResources> entries = new ArrayList<>();
    private String entry = "";
    private String architecture = "";
    private String function = "";
    private int stack;
    private int stores;
    private int loads;

    private PtxasReport() {}

    static List<KernelResources> parse(String output) {
        var report = new PtxasReport();
        output.lines().forEach(report::line);
        return List.copyOf(report.entries);
    }

    private void line(String line) {
        Matcher found = ENTRY.matcher(line);
        if (found.find()) {
            entry = found.group(1);
            architecture = found.group(2);
            stack = stores = loads = 0;
            return;
        }
        found = FUNCTION.matcher(line);
        if (found.find()) {
            function = found.group(1);
            return;
        }
        found = STACK.matcher(line);
        // Functions that an entry calls have properties of their own; the entry's come under its name.
        if (found.find() && function.equals(entry)) {
            MatchResult numbers = found.toMatchResult();
            stack = Integer.parseInt(numbers.group(1));
            stores = Integer.parseInt(numbers.group(2));
            loads = Integer.parseInt(numbers.group(3));
            return;
        }
        found = USED.matcher(line);
        if (found.find()) {
            entries.add(new KernelResources(
                    entry, architecture, Integer.parseInt(found.group(1)), shared(line), stack, stores, loads));
        }
    }

    private static int shared(String line) {
        Matcher found = SHARED.matcher(line);
        return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }
}
