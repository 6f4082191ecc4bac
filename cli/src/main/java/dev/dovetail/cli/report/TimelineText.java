package dev.dovetail.cli.report;

import dev.dovetail.backends.report.data.Activity;
import dev.dovetail.backends.report.data.Lane;
import dev.dovetail.backends.report.data.Slice;
import dev.dovetail.backends.report.data.Timeline;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;

/** A timeline in characters: a line for each rank, a column for each slice of time, a letter for what fills most of it. */
public final class TimelineText {
    private static final int NARROWEST = 24;
    private static final char IDLE = '·';

    private final CommandContext context;

    public TimelineText(CommandContext context) {
        this.context = context;
    }

    public List<String> lines(Timeline timeline) {
        int label = timeline.lanes().stream()
                .mapToInt(lane -> lane.name().length())
                .max()
                .orElse(0);
        int columns = Math.max(NARROWEST, context.terminal().width() - label - 3);
        var lines = new ArrayList<String>();
        for (Lane lane : timeline.lanes()) {
            lines.add(String.format(
                    "%-" + Math.max(1, label) + "s  %s", lane.name(), row(lane, timeline.length(), columns)));
        }
        lines.add(" ".repeat(label + 2)
                + "F forward  R recompute  B backward  < receive  > send  C collective  O optimizer  " + IDLE
                + " idle");
        return lines;
    }

    private static String row(Lane lane, Seconds length, int columns) {
        var cells = new double[columns][Activity.values().length];
        for (Slice slice : lane.slices()) {
            double from = slice.begin().ratioTo(length) * columns;
            double to = slice.end().ratioTo(length) * columns;
            for (int column = (int) from; column < Math.min(columns, Math.ceil(to)); column++) {
                cells[column][slice.activity().ordinal()] += Math.min(to, column + 1) - Math.max(from, column);
            }
        }
        var row = new StringBuilder();
        for (double[] cell : cells) {
            row.append(fullest(cell));
        }
        return row.toString();
    }

    /** What fills most of a column, idleness included. */
    private static char fullest(double[] cell) {
        double idle = 1;
        Activity most = Activity.INPUT;
        for (Activity activity : Activity.values()) {
            idle -= cell[activity.ordinal()];
            if (cell[activity.ordinal()] > cell[most.ordinal()]) {
                most = activity;
            }
        }
        return cell[most.ordinal()] >= idle && cell[most.ordinal()] > 0 ? letter(most) : IDLE;
    }

    private static char letter(Activity activity) {
        return switch (activity) {
            case INPUT -> 'I';
            case FORWARD -> 'F';
            case RECOMPUTE -> 'R';
            case BACKWARD -> 'B';
            case WEIGHT_GRADIENTS -> 'W';
            case SEND -> '>';
            case RECEIVE -> '<';
            case COLLECTIVE -> 'C';
            case OPTIMIZER -> 'O';
        };
    }
}
