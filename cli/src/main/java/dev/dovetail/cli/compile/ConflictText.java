package dev.dovetail.cli.compile;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.terminal.Style;
import dev.dovetail.ir.plan.Conflict;
import java.util.List;

/** Shows what in a spec leaves no plan, each part with the least change that would help. */
final class ConflictText {
    private final CommandContext context;

    ConflictText(CommandContext context) {
        this.context = context;
    }

    void print(List<Conflict> conflicts) {
        var err = context.err();
        err.println(context.terminal().paintError(Style.ERROR, "infeasible") + ": these together leave no plan");
        for (Conflict conflict : conflicts) {
            err.println("  --> " + conflict.origin() + ": `" + conflict.said() + "`");
            err.println("      " + conflict.reason());
            conflict.relaxation().ifPresent(least -> err.println("      = least change: " + least));
        }
    }
}
