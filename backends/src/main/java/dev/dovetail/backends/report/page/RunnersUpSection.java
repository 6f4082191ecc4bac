package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Alternative;
import dev.dovetail.backends.report.data.DecisionRow;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The plans that came next, and what makes each of them slower. */
final class RunnersUpSection implements Section {
    @Override
    public String id() {
        return "runners-up";
    }

    @Override
    public String title() {
        return "Runners-up";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.runnersUp().isEmpty();
    }

    @Override
    public void write(ReportData data, Html html) {
        Alternative second = data.runnersUp().getFirst();
        Parts.lead(
                html,
                "The next best plan takes " + second.step() + " a step ("
                        + Words.change(second.step().ratioTo(data.forecast().step()) - 1)
                        + "). All figures are estimates.");
        Parts.chart(
                html,
                "runners-up",
                "Parts of a step",
                "Stacked bars: the parts of a step under the chosen plan and under each runner-up",
                "The parts of a step, as a mean over the stages, chosen plan first. The dashed line is the proven bound where time is what was minimised.");
        Parts.table(
                html,
                "Runners-up and what makes each slower",
                List.of("what differs", "step (estimate)", "against the plan", "memory (estimate)", "because of"),
                data.runnersUp().stream().map(other -> row(data, other)).toList());
    }

    private static List<String> row(ReportData data, Alternative other) {
        return List.of(
                differences(chosen(data.decisions()), other.decisions()),
                other.step().toString(),
                Words.change(other.step().ratioTo(data.forecast().step()) - 1),
                other.memory().toString(),
                other.because());
    }

    static Map<String, String> chosen(List<DecisionRow> decisions) {
        return decisions.stream()
                .collect(Collectors.toMap(DecisionRow::name, DecisionRow::value, (a, b) -> b, LinkedHashMap::new));
    }

    /** The decisions in which a plan is not the chosen one. */
    static String differences(Map<String, String> chosen, Map<String, String> other) {
        String differing = other.entrySet().stream()
                .filter(decision -> !decision.getValue().equals(chosen.get(decision.getKey())))
                .map(decision -> decision.getKey() + " " + decision.getValue())
                .collect(Collectors.joining(", "));
        return differing.isEmpty() ? "same decisions" : differing;
    }
}
