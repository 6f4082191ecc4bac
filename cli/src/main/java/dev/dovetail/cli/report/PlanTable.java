package dev.dovetail.cli.report;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.terminal.Style;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.Plan.Breakdown;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.ir.units.UnitPrinter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Plans side by side: a column for each, a row for each decision and each figure; the best of a row stands out. */
public final class PlanTable {
    private final CommandContext context;
    private final List<String> names;
    private final List<Plan> plans;
    private final List<Row> rows = new ArrayList<>();

    /** {@code best} is the column that stands out; -1 for none. */
    private record Row(String name, List<String> cells, int best) {}

    public PlanTable(CommandContext context, List<String> names, List<Plan> plans) {
        this.context = context;
        this.names = List.copyOf(names);
        this.plans = List.copyOf(plans);
    }

    public List<String> lines() {
        rows.add(new Row("", names, -1));
        decisions();
        figures();
        return rows.stream().map(this::line).toList();
    }

    private void decisions() {
        var all = new LinkedHashSet<String>();
        plans.forEach(plan -> all.addAll(plan.decisions().asText().keySet()));
        for (String decision : all) {
            text(decision, plan -> {
                String value = plan.decisions().asText().getOrDefault(decision, "–");
                return plan.decidedBy().get(decision) == Plan.DecidedBy.FIXED ? value + " (fixed)" : value;
            });
        }
    }

    private void figures() {
        text("", plan -> "");
        least(
                "step",
                plan -> plan.predicted().step().value(),
                value -> Seconds.of(value).toString());
        most("tokens/s", plan -> plan.predicted().tokensPerSecond(), UnitPrinter::number);
        part("  compute", Breakdown::compute);
        part("  tensor exchange", Breakdown::tensorComm);
        part("  expert exchange", Breakdown::expertComm);
        part("  pipeline transfer", Breakdown::pipelineComm);
        part("  data exchange", Breakdown::dataComm);
        part("  waiting for samples", Breakdown::input);
        part("  bubble", Breakdown::bubble);
        least(
                "memory",
                plan -> plan.predicted().totalMemory().count(),
                value -> UnitPrinter.print(value, UnitPrinter.DECIMAL_BYTES));
        most(
                "share of peak",
                plan -> plan.predicted().mfu(),
                value -> String.format(Locale.ROOT, "%.1f %%", 100 * value));
        text("energy a step", plan -> plan.predicted().energy().toString());
        text("money a step", plan -> plan.predicted().cost().toString());
        text("devices", plan -> Integer.toString(plan.predicted().devices()));
        text("proof", PlanTable::proof);
    }

    private static String proof(Plan plan) {
        return switch (plan.status()) {
            case OPTIMAL -> "optimal";
            case FEASIBLE ->
                String.format(Locale.ROOT, "gap %.2f %%", 100 * plan.bound().gap());
        };
    }

    private void part(String name, Function<Breakdown, Seconds> of) {
        least(
                name,
                plan -> of.apply(plan.breakdown()).value(),
                value -> Seconds.of(value).toString());
    }

    private void text(String name, Function<Plan, String> cell) {
        rows.add(new Row(name, plans.stream().map(cell).toList(), -1));
    }

    private void least(String name, Function<Plan, ? extends Number> of, Function<Double, String> print) {
        add(name, of, print, 1);
    }

    private void most(String name, Function<Plan, ? extends Number> of, Function<Double, String> print) {
        add(name, of, print, -1);
    }

    private void add(String name, Function<Plan, ? extends Number> of, Function<Double, String> print, int sign) {
        List<Double> values =
                plans.stream().map(plan -> of.apply(plan).doubleValue()).toList();
        int best = IntStream.range(0, values.size())
                .boxed()
                .min((a, b) -> Double.compare(sign * values.get(a), sign * values.get(b)))
                .orElse(-1);
        boolean same = values.stream().distinct().count() <= 1;
        rows.add(new Row(name, values.stream().map(print).toList(), same ? -1 : best));
    }

    private String line(Row row) {
        int label = rows.stream().mapToInt(other -> other.name().length()).max().orElse(0);
        var line = new StringBuilder(String.format("%-" + Math.max(1, label) + "s", row.name()));
        for (int column = 0; column < row.cells().size(); column++) {
            String cell = row.cells().get(column) + (column == row.best() ? " *" : "  ");
            int width = width(column) + 4;
            String padded = " ".repeat(Math.max(0, width - cell.length())) + cell;
            line.append(column == row.best() ? context.terminal().paint(Style.GOOD, padded) : padded);
        }
        return line.toString().stripTrailing();
    }

    private int width(int column) {
        return rows.stream()
                .mapToInt(row -> row.cells().get(column).length())
                .max()
                .orElse(0);
    }
}
