package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.score.RowResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Where several plans of one job were measured: what it costs to run the one predicted to be fastest, and how well the
 * predicted order is the measured one.
 */
final class ChosenPlans {
    /** Fewer plans than this are no choice worth counting. */
    private static final int LEAST = 3;

    private ChosenPlans() {}

    /**
     * @param regret measured time of the plan predicted fastest over the least measured, − 1
     * @param tau Kendall's rank correlation (tau-b), NaN where all are tied
     */
    record Group(String name, int plans, double regret, double tau) {}

    static List<Group> groups(List<RowResult> rows) {
        Map<String, List<RowResult>> byGroup = new LinkedHashMap<>();
        rows.stream()
                .filter(row -> row.value().complete() && row.group().isPresent())
                .forEach(row -> byGroup.computeIfAbsent(row.group().get(), key -> new ArrayList<>())
                        .add(row));
        return byGroup.entrySet().stream()
                .filter(entry -> entry.getValue().size() >= LEAST)
                .map(entry -> group(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static Group group(String name, List<RowResult> plans) {
        double fastest = plans.stream()
                .mapToDouble(row -> row.value().measured().getAsDouble())
                .min()
                .orElseThrow();
        RowResult chosen = plans.stream()
                .min(Comparator.comparingDouble(row -> row.value().predicted().getAsDouble()))
                .orElseThrow();
        return new Group(name, plans.size(), chosen.value().measured().getAsDouble() / fastest - 1, tau(plans));
    }

    private static double tau(List<RowResult> plans) {
        long agreement = 0;
        long measuredApart = 0;
        long predictedApart = 0;
        for (int i = 0; i < plans.size(); i++) {
            for (int j = 0; j < i; j++) {
                int measured = Double.compare(
                        plans.get(i).value().measured().getAsDouble(),
                        plans.get(j).value().measured().getAsDouble());
                int predicted = Double.compare(
                        plans.get(i).value().predicted().getAsDouble(),
                        plans.get(j).value().predicted().getAsDouble());
                agreement += (long) measured * predicted;
                measuredApart += Math.abs(measured);
                predictedApart += Math.abs(predicted);
            }
        }
        return agreement / Math.sqrt((double) measuredApart * predictedApart);
    }

    static List<String> findings(List<RowResult> rows) {
        List<Group> groups = groups(rows);
        if (groups.isEmpty()) {
            return List.of();
        }
        Group worst =
                groups.stream().max(Comparator.comparingDouble(Group::regret)).orElseThrow();
        double regret = groups.stream().mapToDouble(Group::regret).average().orElseThrow();
        double tau = groups.stream()
                .mapToDouble(Group::tau)
                .filter(Double::isFinite)
                .average()
                .orElse(0);
        return List.of(String.format(
                Locale.ROOT,
                "choosing among measured plans: %d groups, mean regret %.2f %%, most %.2f %%, Kendall's tau %.2f",
                groups.size(),
                100 * regret,
                100 * worst.regret(),
                tau));
    }
}
