package dev.dovetail.cli.report;

import dev.dovetail.backends.report.data.PlanNode;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.terminal.Style;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A plan's tree on the terminal: each part with its time, its share of the step, its memory and what limits it. */
public final class TreeText {
    private static final int BAR = 10;

    private final CommandContext context;
    private final List<Row> rows = new ArrayList<>();

    private record Row(String branch, PlanNode node) {
        int width() {
            return branch.length() + node.label().length() + node.detail().length() + 1;
        }
    }

    public TreeText(CommandContext context) {
        this.context = context;
    }

    /** {@code depth} levels of the tree, the root counting as one. */
    public List<String> lines(PlanNode root, int depth) {
        rows.clear();
        collect(root, "", "", depth);
        int width = rows.stream().mapToInt(Row::width).max().orElse(0);
        Seconds step = root.time().orElse(Seconds.ZERO);
        return rows.stream().map(row -> line(row, width, step)).toList();
    }

    private void collect(PlanNode node, String branch, String below, int depth) {
        rows.add(new Row(branch, node));
        if (depth == 1) {
            return;
        }
        for (int i = 0; i < node.children().size(); i++) {
            boolean last = i == node.children().size() - 1;
            collect(node.children().get(i), below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "), depth - 1);
        }
    }

    private String line(Row row, int width, Seconds step) {
        PlanNode node = row.node();
        String name = row.branch() + context.terminal().paint(Style.STRONG, node.label()) + " "
                + context.terminal().paint(Style.FAINT, node.detail());
        return (name + " ".repeat(width - row.width() + 2)
                        + pad(node.time().map(Seconds::toString)) + "  " + bar(node.time(), step) + "  "
                        + pad(node.memory().map(Bytes::toString)) + "  "
                        + node.limit().orElse(""))
                .stripTrailing();
    }

    private static String pad(Optional<String> text) {
        return String.format("%9s", text.orElse(""));
    }

    private static String bar(Optional<Seconds> time, Seconds step) {
        double share =
                time.filter(t -> step.value() > 0).map(t -> t.ratioTo(step)).orElse(0.0);
        int full = (int) Math.round(BAR * Math.clamp(share, 0, 1));
        return "█".repeat(full) + (time.isPresent() ? "░" : " ").repeat(BAR - full);
    }
}
