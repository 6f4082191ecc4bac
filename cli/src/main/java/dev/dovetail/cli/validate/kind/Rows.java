package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.block.BlockException;
import dev.dovetail.ir.op.ShapeException;
import dev.dovetail.optimizer.cost.MissingFigureException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** Predicts rows one by one; what cannot be predicted is listed with its reason. */
final class Rows {
    private Rows() {}

    static List<RowResult> each(MeasuredTable table, IntConsumer progress, Function<MeasuredRow, RowResult> predict) {
        var results = new ArrayList<RowResult>();
        for (MeasuredRow row : table.rows()) {
            results.add(one(row, predict));
            progress.accept(results.size());
        }
        return results;
    }

    private static RowResult one(MeasuredRow row, Function<MeasuredRow, RowResult> predict) {
        try {
            return predict.apply(row);
        } catch (RuntimeException impossible) {
            return RowResult.unexpressed(row.id(), OptionalDouble.empty(), reason(impossible));
        }
    }

    /**
     * Why a row could not be predicted. Tables are anyone's: figures that no part of the planner was made for are answered, and
     * the other rows go on.
     */
    static String reason(RuntimeException impossible) {
        return switch (impossible) {
            case Unexpressed said -> said.getMessage();
            case BlockException said -> said.getMessage();
            case ShapeException said -> said.getMessage();
            case MissingFigureException said -> said.getMessage();
            case ArithmeticException tooLarge -> "figures too large to multiply";
            default -> "the planner refuses it: " + impossible.getMessage();
        };
    }
}
