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
