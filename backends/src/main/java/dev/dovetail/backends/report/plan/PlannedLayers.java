package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.data.LayerRun;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Offload;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a plan does with each layer between embedding and head. */
final class PlannedLayers {
    private PlannedLayers() {}

    /** In the order of the model; a run ends with its stretch of layers. */
    static List<LayerRun> of(PlannedJob planned) {
        var job = planned.job();
        Decisions decisions = planned.plan().decisions();
        Model model = ExpandModel.expand(
                job.model(),
                ExpansionForm.Training.of(job.sequence(), 1),
                job.precision().compute());
        var kinds = model.kinds().stream().map(PlannedLayers::name).toList();
        var recompute = decisions.get(Decision.RECOMPUTE);
        Offload offload = decisions.find(Decision.OFFLOAD).orElse(Offload.NONE);
        var runs = new ArrayList<LayerRun>();
        int layer = 0;
        List<Integer> stretches = decisions.find(Decision.STAGES).orElse(List.of());
        for (int stretch = 0; stretch < stretches.size(); stretch++) {
            int stage = stage(stretch, decisions);
            int end = layer + stretches.get(stretch);
            for (int from = layer; layer < end; layer++) {
                var one = new LayerRun(
                        kinds.get(model.order().get(layer + 1)), layer + 1, 1, stage, recompute.at(layer), offload);
                join(runs, one, layer > from);
            }
        }
        return runs;
    }

    /** Round after round from the first stage to the last, or in a V there and back. */
    private static int stage(int stretch, Decisions decisions) {
        int stages = decisions.get(Decision.PIPELINE);
        boolean back = decisions.get(Decision.SCHEDULE).isV() && stretch >= stages;
        return back ? 2 * stages - 1 - stretch : stretch % stages;
    }

    private static void join(List<LayerRun> runs, LayerRun next, boolean mayJoin) {
        LayerRun last = runs.isEmpty() ? next : runs.getLast();
        boolean alike = mayJoin && last.kind().equals(next.kind()) && last.recompute() == next.recompute();
        if (alike) {
            runs.removeLast();
            runs.add(new LayerRun(
                    last.kind(), last.first(), last.count() + 1, last.stage(), last.recompute(), last.offload()));
        } else {
            runs.add(next);
        }
    }

    /** Parameters are called after their sub-layer. */
    private static String name(LayerKind kind) {
        String subLayers = kind.forward().parameters().stream()
                .map(Parameter::name)
                .filter(parameter -> parameter.contains("."))
                .map(parameter -> parameter.substring(0, parameter.indexOf('.')))
                .distinct()
                .collect(Collectors.joining(", "));
        return subLayers.isEmpty() ? kind.name() : subLayers;
    }
}
