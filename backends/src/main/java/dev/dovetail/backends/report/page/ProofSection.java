package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.Proof;
import dev.dovetail.ir.units.Seconds;
import java.util.List;

/** How far the plan can be from the best there is, and what the search did to know. */
final class ProofSection implements Section {
    @Override
    public String id() {
        return "proof";
    }

    @Override
    public String title() {
        return "The proof";
    }

    @Override
    public void write(ReportData data, Html html) {
        Proof proof = data.proof();
        Parts.lead(html, lead(proof));
        Parts.chart(
                html,
                "proof",
                proof.figure() + ", estimates of the cost model",
                "A line of " + proof.figure() + ": the proven bound, the plan, the runners-up",
                "No plan lies in the hatched range, by proof. What the proof is about is the cost model; how far that is from "
                        + "the clock is shown under “Predicted against measured”.");
        Parts.table(html, "Search", List.of("figure", "value"), rows(proof));
    }

    private static String lead(Proof proof) {
        return switch (proof.status()) {
            case OPTIMAL ->
                "The plan is optimal in the cost model: every other plan was costed or ruled out by a bound.";
            case FEASIBLE ->
                "The plan is within " + Words.percent(proof.gap())
                        + " of the best that could exist in the cost model; the search ended before it could close the gap.";
        };
    }

    private static List<List<String>> rows(Proof proof) {
        return List.of(
                List.of("status", proof.status().label()),
                List.of(proof.figure() + " of the plan (estimate)", amount(proof, proof.value())),
                List.of("bound: less is impossible (proven)", amount(proof, proof.bound())),
                List.of("gap", Words.percent(proof.gap())),
                List.of("plans costed", Words.count(proof.considered())),
                List.of("groups of plans ruled out by a bound", Words.count(proof.pruned())),
                List.of("time to search (measured)", Seconds.of(proof.seconds()).toString()));
    }

    private static String amount(Proof proof, double value) {
        return proof.unit().equals("s") ? Seconds.of(value).toString() : Words.number(value) + " " + proof.unit();
    }
}
