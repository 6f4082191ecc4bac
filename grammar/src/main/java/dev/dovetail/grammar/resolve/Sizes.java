package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.ir.spec.Settings;
import java.util.Optional;

/** Counts that must be at least one and fit a machine's arithmetic. */
final class Sizes {
    private final Diagnostics diagnostics;

    Sizes(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    /** A count that stands without its name: it is reported as {@code called}. */
    Optional<Integer> positive(Settings settings, String slot, String called) {
        return settings.count(slot)
                .filter(count -> isInRange(settings, slot, called, count, 1))
                .map(Math::toIntExact);
    }

    /** Empty where the entry is absent, or wrong and reported. */
    Optional<Integer> positive(Settings settings, String entry) {
        return atLeast(1, settings, entry);
    }

    Optional<Integer> atLeast(int least, Settings settings, String entry) {
        return settings.count(entry)
                .filter(count -> isInRange(settings, entry, entry, count, least))
                .map(Math::toIntExact);
    }

    private boolean isInRange(Settings settings, String entry, String called, long count, int least) {
        if (count >= least && count <= Integer.MAX_VALUE) {
            return true;
        }
        String bound = count < least ? "at least " + least : "at most " + Integer.MAX_VALUE;
        diagnostics.report(Diagnostic.error(
                DiagnosticCode.OUT_OF_RANGE,
                Origins.span(settings.originOf(entry)),
                "`" + called + "` is " + bound + ", found " + count));
        return false;
    }
}
