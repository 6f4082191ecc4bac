package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import java.util.Optional;

/** The innermost loop of a kernel: whole vectors, then one masked vector for the rest. */
final class LaneLoop {

    /** Writes the work on {@code lanes} elements from {@code first}; with a mask where fewer are left. */
    interface Body {
        void write(Code code, Index first, Optional<String> mask);
    }

    private LaneLoop() {}

    /** As {@link #write}, over a stretch that is known to be whole vectors where {@code multiple} is. */
    static void write(Code code, String counter, Index from, Index to, int lanes, Index multiple, Body body) {
        if (multiple.floorTo(lanes).equals(multiple)) {
            code.loop(counter, from, to, lanes, (inner, i) -> body.write(inner, i, Optional.empty()));
        } else {
            write(code, counter, from, to, lanes, body);
        }
    }

    static void write(Code code, String counter, Index from, Index to, int lanes, Body body) {
        Index whole = code.letIndex("whole", from.plus(to.minus(from).floorTo(lanes)));
        code.loop(counter, from, whole, lanes, (inner, i) -> body.write(inner, i, Optional.empty()));
        if (lanes == 1) {
            return;
        }
        code.when(whole, Relation.LESS, to, rest -> {
            String mask = rest.mask(to.minus(whole));
            body.write(rest, whole, Optional.of(mask));
        });
    }
}
