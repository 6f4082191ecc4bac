package dev.dovetail.cli.compile;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.terminal.Style;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.FrontPlan;
import dev.dovetail.ir.plan.InputForecast;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.Plan.DecidedBy;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A plan as a tree on the terminal: what was decided, what it is expected to cost, and why not another. */
public final class PlanText {
    private static final int RUNNERS_UP = 3;
    private static final int FRONT = 8;
    private static final int LONG = 48;

    /** Of a decision of the plan itself, which people copy; the rest of it is in plan.json. */
    private static final int VERY_LONG = 480;

    private final CommandContext context;

    public PlanText(CommandContext context) {
        this.context = context;
    }

    public void print(Plan plan) {
        lines(plan).forEach(context.out()::println);
    }

    List<String> lines(Plan plan) {
        var lines = new ArrayList<String>();
        lines.add(strong("plan for " + plan.job()) + "  " + verdict(plan));
        lines.add("├─ decided   " + decisions(plan));
        var p = plan.predicted();
        lines.add(String.format(
                Locale.ROOT,
                "├─ step      %s predicted, %,.0f tokens/s, %.1f %% of peak on %d ranks%s",
                seconds(p.step()),
                p.tokensPerSecond(),
                100 * p.mfu(),
                p.devices(),
                p.idleDevices() > 0 ? ", " + p.idleDevices() + " left idle" : ""));
        plan.bars()
                .ifPresent(bars -> lines.add("│            four of five published runs: "
                        + bars.step().around(p.step()) + ", "
                        + bars.memory().around(p.totalMemory()) + " of memory"));
        lines.add("│            " + breakdown(plan));
        lines.add("├─ memory    " + bytes(p.totalMemory()) + " on the fullest rank");
        lines.add("│            "
                + p.memory().entrySet().stream()
                        .map(e -> e.getKey().name().toLowerCase(Locale.ROOT) + " " + bytes(e.getValue()))
                        .collect(Collectors.joining(", ")));
        if (p.energy().value() > 0) {
            lines.add(String.format(
                    Locale.ROOT,
                    "├─ energy    %,.0f J a step, %s (estimates)",
                    p.energy().value(),
                    money(plan)));
        }
        plan.run().ifPresent(run -> {
            lines.add("├─ run       " + run + " (estimates)");
            run.goodput().ifPresent(goodput -> lines.add("│            " + goodput));
        });
        plan.input().ifPresent(input -> input(input).forEach(lines::add));
        plan.templates().ifPresent(templates -> lines.add("├─ failures  " + templates));
        if (!plan.front().isEmpty()) {
            lines.add("├─ front     " + plan.front().size()
                    + " plans to choose from; none left out is better by more than " + Math.round(100 * FrontPlan.SLACK)
                    + " % (estimates)");
            spread(plan.front()).forEach(choice -> lines.add("│            " + choice(plan, choice)));
        }
        plan.notes().forEach(note -> lines.add("├─ note      " + note));
        lines.add(String.format(
                Locale.ROOT,
                "└─ search    %,d plans considered, %,d sets ruled out, %s",
                plan.search().considered(),
                plan.search().pruned(),
                seconds(plan.search().seconds())));
        plan.runnersUp().stream().limit(RUNNERS_UP).forEach(r -> lines.add("     " + runnerUp(r)));
        return lines;
    }

    private String strong(String text) {
        return context.terminal().paint(Style.STRONG, text);
    }

    private static String verdict(Plan plan) {
        return switch (plan.status()) {
            case OPTIMAL -> "(optimal: no plan is better, within the cost model)";
            case FEASIBLE ->
                String.format(
                        Locale.ROOT,
                        "(within %.1f %% of the best)",
                        100 * plan.bound().gap());
        };
    }

    private static String decisions(Plan plan) {
        return plan.decisions().asText().entrySet().stream()
                .filter(e -> !isUnset(plan, e))
                .map(e -> e.getKey() + " " + shortened(e.getValue(), VERY_LONG)
                        + (plan.decidedBy().get(e.getKey()) == DecidedBy.FIXED ? " (fixed)" : ""))
                .collect(Collectors.joining(", "));
    }

    /** Decisions that a small plan leaves at their neutral value would only hide the others. */
    private static boolean isUnset(Plan plan, Map.Entry<String, String> entry) {
        Offload offload = plan.decisions().find(Decision.OFFLOAD).orElse(Offload.NONE);
        boolean neutral = switch (entry.getKey()) {
            case "context_exchange" -> plan.decisions().find(Decision.CONTEXT).orElse(1) == 1;
            case "offload", "offload_to" -> !offload.any();
            default -> List.of("1", "off", "0").contains(entry.getValue());
        };
        return neutral && plan.decidedBy().get(entry.getKey()) != DecidedBy.FIXED;
    }

    private static String breakdown(Plan plan) {
        var b = plan.breakdown();
        String expert = b.expertComm().value() > 0 ? ", expert " + seconds(b.expertComm()) : "";
        String offload = b.offload().value() > 0 ? ", offload " + seconds(b.offload()) : "";
        String input = b.input().value() > 0 ? ", input " + seconds(b.input()) : "";
        return "compute " + seconds(b.compute()) + ", tensor " + seconds(b.tensorComm()) + expert + ", pipeline "
                + seconds(b.pipelineComm()) + ", data " + seconds(b.dataComm()) + offload + input + ", bubble "
                + seconds(b.bubble());
    }

    private static List<String> input(InputForecast input) {
        var lines = new ArrayList<String>();
        lines.add(String.format(
                Locale.ROOT,
                "├─ input     samples of a step ready in %s, its model takes %s: %s (estimates)",
                seconds(input.planned()),
                seconds(input.model()),
                input.stall().value() > 0 ? "each step waits " + seconds(input.stall()) : "no step waits"));
        lines.add(String.format(
                Locale.ROOT,
                "│            workers alone take %.2f times the model: %s FastFlow's %.1f; busiest: %s",
                input.ratio(),
                input.isBottleneck() ? "above" : "not above",
                InputForecast.FASTFLOW_RATIO,
                input.stations().getFirst().name()));
        if (!input.remedies().isEmpty()) {
            lines.add("│            would end it: " + String.join(", or ", input.remedies()));
        }
        return lines;
    }

    private static String money(Plan plan) {
        String cost =
                String.format(Locale.ROOT, "%.4g USD", plan.predicted().cost().value());
        double grams = plan.predicted().carbon().value();
        // A grid that the spec does not describe has no carbon to tell of.
        return grams > 0 ? cost + String.format(Locale.ROOT, ", %.3g gCO2", grams) : cost;
    }

    private static String runnerUp(Plan.RunnerUp runner) {
        return String.format(
                Locale.ROOT, "+%.1f %%  %s: %s", 100 * runner.loss(), differs(runner.differs()), runner.because());
    }

    /** What is decided layer by layer can be long: its beginning suffices to tell plans apart. */
    private static String differs(Map<String, String> differs) {
        return differs.entrySet().stream()
                .map(e -> e.getKey() + " " + shortened(e.getValue(), LONG))
                .collect(Collectors.joining(", "));
    }

    private static String shortened(String value, int most) {
        return value.length() <= most ? value : value.substring(0, value.lastIndexOf(',', most) + 1) + " …]";
    }

    /** A few of the front, its ends among them. */
    private static List<FrontPlan> spread(List<FrontPlan> front) {
        int shown = Math.min(front.size(), FRONT);
        return IntStream.range(0, shown)
                .mapToObj(i -> front.get(shown == 1 ? 0 : i * (front.size() - 1) / (shown - 1)))
                .toList();
    }

    private static String choice(Plan plan, FrontPlan choice) {
        return String.format(
                Locale.ROOT,
                "%s, %,.0f J, %.4g USD a step on %d ranks: %s",
                seconds(choice.step()),
                choice.energy().value(),
                choice.cost().value(),
                choice.devices(),
                choice.decisions().equals(plan.decisions()) ? "this plan" : differs(choice.differs()));
    }

    private static String bytes(Bytes bytes) {
        return bytes.count() >= 1e9
                ? String.format(Locale.ROOT, "%.1f GB", bytes.count() / 1e9)
                : String.format(Locale.ROOT, "%.1f MB", bytes.count() / 1e6);
    }

    private static String seconds(Seconds time) {
        return time.value() >= 1
                ? String.format(Locale.ROOT, "%.2f s", time.value())
                : String.format(Locale.ROOT, "%.1f ms", time.value() * 1e3);
    }
}
