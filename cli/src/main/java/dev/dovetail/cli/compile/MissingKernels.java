package dev.dovetail.cli.compile;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.op.Attend;
import java.util.Optional;

/** What a model asks for that can be planned and run on a CPU, and that no CUDA kernels are written for yet. */
public final class MissingKernels {
    private MissingKernels() {}

    /** The first such thing, for people; empty where kernels exist for all of the model. */
    public static Optional<String> of(TrainJob job) {
        var form = ExpansionForm.Training.of(job.sequence(), 1);
        Model model = ExpandModel.expand(job.model(), form, job.precision().compute());
        return model.kinds().stream()
                .map(LayerKind::forward)
                .flatMap(graph -> graph.nodes().stream())
                .filter(node -> node.op() instanceof Attend)
                .flatMap(node -> inAttention(node).stream())
                .findFirst();
    }

    private static Optional<String> inAttention(Node attend) {
        if (attend.operands().size() > 3) {
            return Optional.of("attention with `sinks`");
        }
        boolean narrow =
                !attend.operandTypes().get(1).equals(attend.operandTypes().get(2));
        return narrow
                ? Optional.of("attention whose values are narrower than its keys (`kv_latent`)")
                : Optional.empty();
    }
}
